# Compares the rows of `pfnmapctl atlas -j` with atlas.txt. Definitions alone: tests/atlas.bats
# includes them, and tests/vm/goals/atlas.py puts them before its own program.
#	$facts	the output of atlas_facts (tests/atlas.bats), and all rows as .rows
#	$table	the output of atlas_table

def atlas_words: [splits("[ \t]+") | select(. != "")];

# atlas.txt, the text, as {when: {NAME: [how...]}, lines: [...]}, each line with its number.
def atlas_table:
  reduce (split("\n") | to_entries[]) as $e ({when: {}, lines: []};
    ($e.value | sub("#.*"; "") | atlas_words) as $w
    | {line: ($e.key + 1)} as $line
    | if $w == [] then .
      elif $w[0] == "when" then .when[$w[1]] = $w[2:]
      elif $w[0] == "absent" then
        .lines += [$w[2:][] as $method
                   | $line + {absent: true, methods: [$method], when: ($w[1] / ",")}]
      elif $w[-1] | endswith(":") then .methods = ($w | map(rtrimstr(":")))
      else
        .lines += [$line + {methods, regions: ($w[0] / ","), map: $w[1], modes: ($w[2] / ","),
                            when: ($w[3] / ","), expect: $w[4:]}] end);

def atlas_modes: {WB: "write-back", WC: "write-combining", WT: "write-through",
                  WP: "write-protected", UC: "uncached", "UC-": "uncached-minus"};

# Is the condition $name true of this kernel?
def atlas_when($facts; $table; $name):
  ($table.when[$name] // error("atlas.txt: there is no condition \($name)")) as [$how, $a, $b]
  | if $how == "capability" or $how == "method" then
      any($facts.info[]; .kind == $how and .name == $a and .available)
    elif $how == "region" then
      any($facts.info[]; .kind == $how and .name == $a and (.bytes // 0) >= ($b | tonumber))
    elif $how == "symbol" then any($facts.symbols[]; . == $a)
    elif $how == "row" then
      ($table.when[$name][3:] | map(. / "=" | {key: .[0], value: .[1]}) | from_entries) as $shown
      | any($facts.rows[]; IN(.method; ($a / ",")[]) and .requested == atlas_modes[$b]
            and .sharing == "shared" and (.reserved | not) and . + $shown == .)
    else error("atlas.txt: \($name): how is \($how)?") end;

# The lines that are about this kernel.
def atlas_lines($facts; $table):
  $table.lines | map(select(all(.when[] | select(. != "-");
    if startswith("!") then atlas_when($facts; $table; .[1:]) | not
    else atlas_when($facts; $table; .) end)));

def atlas_listed($value): index("any") != null or index($value) != null;

def atlas_fits($line; $row):
  ($line.methods == ["*"] or ($line.methods | index($row.method) != null))
  and ($line.absent or
    ($row.region != null
     and ($line.regions | atlas_listed($row.region))
     and ($line.modes | map(atlas_modes[.] // .) | atlas_listed($row.requested))
     and (($line.map / "+") as [$sharing, $held]
          | ([$sharing] | atlas_listed($row.sharing) or
                          ($sharing == "shared" and $row.sharing == "io"))
            and ($held == null or ($held == "held") == $row.reserved))));

# The mode in the entry.
def atlas_effective($row):
  if endswith("-pat") then
    rtrimstr("-pat") | atlas_effective($row)
    | {"write-through": "uncached", "write-protected": "write-combining"}[.] // .
  elif . == "asked" then $row.requested
  elif . == "tree" then
    if $row.region == "dax" or ($row.region == "ram" and ($row.reserved | not)) then "write-back"
    elif $row.reserved then $row.requested else "uncached-minus" end
  else atlas_modes[.] // error("atlas.txt: no mode \(.)") end;

def atlas_columns: ["result", "level", "effective", "special", "tracked", "refcounted",
                    "gup_slow", "gup_fast", "gup_longterm", "follow", "cow"];

# A futex that processes share, after the write. The kernel pins the word's page and goes by
# its folio's mapping, which only counted pages in dax have. A private copy is an anonymous page
# in any mapping: the fast way to pin it does not look at the VMA. Nor does it at VM_IO: it takes
# the pages that it takes elsewhere, and after the write the one that replaced the huge zero folio.
def atlas_futex($row):
  if .result != "ok" then null
  elif $row.sharing == "private" then if .cow == "copied" then "ok" else null end
  elif $row.sharing == "io" and $row.region == "dax"
       and (.gup_fast == "ok" or $row.method == "huge_zero_folio") then "ok"
  elif .gup_slow != "ok" then .gup_slow
  elif $row.region == "dax" then "ok"
  else "EFAULT" end;

# What the row should be by that line.
def atlas_expected($line; $row):
  (if $line.absent then ["not on this kernel"] else $line.expect end) as $expect
  | reduce (atlas_columns | to_entries[]) as $c ({};
      .[$c.value] = ({yes: true, no: false, "-": null} as $words
                     | $expect[$c.key]
                     | if . == null then null
                       elif $words | has($expect[$c.key]) then $words[.] else . end))
  | if .result == "ok" then .effective |= atlas_effective($row)
    elif $row.sharing == "private" then .cow = .result else . end
  | if $row.sharing != "private" then .cow = null else . end
  | .futex = atlas_futex($row);

def atlas_named:
  [.method, .region, .requested,
   (.sharing // empty) + (if .reserved then "+held" else "" end)]
  | map(select(. != null)) | join(" ");

def atlas_shown: if . == null then "-" elif . == true then "yes" elif . == false then "no" else . end;

# Is the region too small for a leaf of that level?
def atlas_small($facts; $level):
  . as $row
  | {pmd: 2097152, pud: 1073741824}[$level // ""] as $bytes
  | any($facts.info[]; .kind == "region" and .name == $row.region and .bytes < $bytes);

# Each row with its verdict (ok, deviates, undecided, small), the line that decided, and
# the reasons in words.
def atlas_judge($facts; $table):
  atlas_lines($facts; $table) as $lines
  | atlas_when($facts; $table; "query") as $query
  | map(. as $row
    | first(($lines[] | select(atlas_fits(.; $row))), null) as $line
    | if $line == null then
        . + {verdict: "undecided", reasons: ["\(atlas_named): \(.result), and no line is about it"]}
      else
        atlas_expected($line; .) as $expected
        # Without a query of the tree, nobody knows whether the tree holds nothing.
        | [atlas_columns[], "futex" | select($row[.] != $expected[.])
           | select(. != "tracked" or $query or $row[.] != null)]
        # If the result differs, so do the columns that follow from it: leave them out.
        | if .[0] == "result" then .[:1] else . end
        | {line: $line.line,
           reasons: map("\($row | atlas_named): \(.) is \($row[.] | atlas_shown), line \($line.line) of "
                        + "atlas.txt expects \($expected[.] | atlas_shown)")}
        + if . == [] then {verdict: "ok"}
          elif $row | atlas_small($facts; $expected.level) then {verdict: "small"}
          else {verdict: "deviates"} end
        | $row + . end);

# The verdict on several judged rows.
def atlas_worst: map(.verdict) as $all | first(("undecided", "deviates", "small", "ok") | select(IN($all[])));

# Lines about this kernel, its methods and regions that fit no judged row, in words. Lines for
# rows that were not tried (atlas without -r) don't count.
def atlas_unused($facts; $table):
  . as $rows
  | (map(.line) | unique) as $used
  | [$facts.info[] | select(.kind == "region" and .available) | .name] as $regions
  | atlas_lines($facts; $table)
  | [.[] | select(.absent) | .methods[]] as $absent
  | map(select(.line as $line | $used | index($line) == null)
        | select(.absent
                 or (.methods - $absent != []
                     and (["any"] + $regions - (["any"] + $regions - .regions) != [])
                     and (any($rows[]; .reserved) or (.map | endswith("+held") | not))))
        | "line \(.line) of atlas.txt: no row came to it");

# How many rows there should be, by the methods, regions and modes that the module names.
def atlas_count($facts; $reserved):
  def all($kind): $facts.info[] | select(.kind == $kind);
  [all("region") | select(.available and .bytes > 0) | .name] as $regions
  | ([all("cache-mode")] | length) as $modes
  | [all("method")
     | (if .flags // "" | split(",") | index("io") then 1 else 0 end) as $io
     | if .available then
         [.regions / "," | .[] | select(. as $r | $regions | index($r))] | length
         | . * ($modes * 2 * (if $reserved then 2 else 1 end) + $io)
       else 1 end]
  | add;
