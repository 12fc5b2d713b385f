# Reads the rows of `pfnmapctl atlas -j`, an array per kernel. Prints by $form a markdown document
# ("document"), the changes from the first kernel to the last in plain text ("changes"), or the
# deviations from $expect, the text of tests/expect/atlas.txt ("deviations"). atlas.py runs
# this program, with tests/expect/atlas.jq before it, and with the output of facts() for each
# kernel among the input; "changes" needs no facts.

def absent: .result == "not on this kernel";

def short:
  if . == null then "-" elif . == true then "yes" elif . == false then "no"
  else {"write-back": "WB", "write-combining": "WC", "write-through": "WT",
        "write-protected": "WP", "uncached": "UC", "uncached-minus": "UC-"}[.] // . end;

# The results of a row, each value as it is printed. An effective mode that is the
# requested one becomes "asked", so that rows of several modes can be the same.
def outcome:
  {result, level,
   effective: (if .effective != null and .effective == .requested then "asked" else .effective end),
   special, tracked, refcounted, slow: .gup_slow, fast: .gup_fast,
   long: .gup_longterm, follow, cow, futex}
  | map_values(short);

# Makes one object of all rows that differ only in the mode, in the order of the first row of
# each: `what` has all but the mode, and `modes` collects the modes.
def fold(what):
  reduce .[] as $row ([];
    ($row | what) as $key
    | (map(.key == $key) | index(true)) as $at
    | if $at == null then . + [{key: $key, modes: [$row.requested]}]
      else .[$at].modes += [$row.requested] end);

# The modes as text. $all are the modes that pfnmapctl tried the method with.
def modes($all):
  unique as $some
  | if ($all | unique) == $some then "any" else map(short) | join(" ") end;

# True if the row is not as expected.
def odd: .verdict == "deviates" or .verdict == "undecided";

def map_of: .sharing + (if .reserved then "+held" else "" end);

# [{method, region, rows}], in the order of the rows, with shared mappings first.
def groups:
  sort_by(.reserved, .sharing != "shared") |
  reduce .[] as $row ([];
    (map(.method == $row.method and .region == $row.region) | index(true)) as $at
    | if $at == null then . + [{method: $row.method, region: $row.region, rows: [$row]}]
      else .[$at].rows += [$row] end);

def cells($all):
  [(if .key.odd then "(!) " else "" end) + (.modes | modes($all)), .key.map,
   (.key.outcome | .result, .level, .effective, .special, .tracked, .refcounted,
    .slow, .fast, .long, .follow, .cow, .futex)];

# Lines of cells as a table in markdown, columns aligned in the source too.
def table:
  (transpose | map(map(length) | max)) as $width
  | [.[0], ($width | map("-" * .))] + .[1:]
  | .[] | [., $width] | transpose
  | map(.[0] + " " * (.[1] - (.[0] | length))) | "|" + join("|") + "|";

# Methods with the regions of each.
def listed: group_by(.method)[] | "\(.[0].method) (\(map(.region) | unique | join(" ")))";

def odd_reasons: [.[] | select(odd) | .reasons[]];

def section:
  map(select(absent | not)) as $rows
  | "## \(.[0].kernel)", "",
    ([["requested", "map", "result", "level", "effective", "special", "tracked",
       "counted", "slow", "fast", "long", "follow", "cow", "futex"]]
     + [$rows | groups[]
        | (.rows | map(.requested)) as $all
        | ["`\(.method)`", .region, "", "", "", "", "", "", "", "", "", "", "", ""],
          (.rows | fold({map: map_of, outcome: outcome, odd: odd})[] | cells($all))]
     | table),
    "",
    ([groups[] | select(.rows | all(absent))]
     | if . != [] then "Not on this kernel: \(map(.method) | sort | join(", ")).", "" else empty end),
    (odd_reasons | if . != [] then "Not as expected:", "", ("- " + .[]), "" else empty end);

# The differences between two kernels' rows, a line each.
def key: [.method, .region, .requested, .sharing, .reserved];
def names: map(select(absent | not) | {method, region}) | unique;
def changes($old; $new):
  (($new | names) - ($old | names) | listed | "new: \(.)"),
  (($old | names) - ($new | names) | listed | "gone: \(.)"),
  (reduce ($old[] | select(absent | not)) as $row ({}; .[$row | key | tojson] = $row)) as $was
  | [$new[] | select(absent | not) | . as $row | $was[key | tojson] | select(. != null)
     | outcome as $a | ($row | outcome) as $b
     | $row + {diff: [$a | keys_unsorted[] | select($a[.] != $b[.])
                      | "\(.) \($a[.]) → \($b[.])"]}]
  | groups[]
  | (.rows | map(.requested)) as $all
  | .rows | map(select(.diff != []))
  | fold({method, region, map: map_of, diff})[]
  | "\(.key.method), \(.key.region), \(.modes | modes($all)), \(.key.map): "
    + (.key.diff | join(", "));
def changed($old; $new): [changes($old; $new)] | if . == [] then ["nothing"] else . end;

def release_version: [split("-")[0] | splits("[^0-9]+") | select(. != "") | tonumber];

(map(arrays) | add | group_by(.kernel) | INDEX(.[0].kernel)) as $rows
| ([.[] | objects | .rows = $rows[.release]] | INDEX(.release)) as $facts
| ($expect | atlas_table) as $table
| [$rows[] | {kernel: .[0].kernel, rows: .}]
| sort_by(.kernel | release_version)
| if $form != "changes" then map(.rows |= atlas_judge($facts[.[0].kernel]; $table)) else . end
| if $form == "deviations" then
    .[] | "\(.kernel): " + (.rows | odd_reasons[], atlas_unused($facts[.[0].kernel]; $table)[])
  elif $form == "changes" then
    "what changed from \(.[0].kernel) to \(.[-1].kernel)",
    (changed(.[0].rows; .[-1].rows)[] | "  " + .)
  else
    (.[] | .rows | section),
    "## What changed", "",
    (range(1; length) as $i
     | "### \(.[$i - 1].kernel) to \(.[$i].kernel)", "",
       (changed(.[$i - 1].rows; .[$i].rows)[] | "- " + .), "")
  end
