# Turns bench.json into text, for bench.py: FORM is table, targets or document.

def number: if . == null then "-" else tostring end;

def percent: if . == null then "-" else "\(. * 1000 | round / 10)%" end;

def or_dash: if . == null or . == "" then "-" else . end;

def remarks: [(if .noisy then "SPREAD OVER 2%" else empty end), (.note // "" | select(. != ""))]
	| if . == [] then "" else join("; ") end;

def cells: [.name, (.ours | number), (.peer | or_dash), (.peer_value | number),
	(.ratio | number), .unit, (.n | number), (.spread | percent), (.peer_spread | percent),
	remarks];

def heads: ["what", "ours", "peer", "its", "ratio", "unit", "n", "spread", "its spread", "remarks"];

# The largest ratio that a row may have, by its name and peer.
def targets: [
	["^memtype list, 4000 reserved$", "debugfs", 0.001],
	["^memtype list, per entry, ", "the smallest tree", 1.25],
	["^memtype (point lookup|range query|fault).* against ", "the smallest tree", 2.5],
	["^fault, vmf_insert_", "device-dax", 1.0],
	["^mmap .* remap_pfn_range pte$", "/dev/mem", 1.0]
];

def judged: targets[] as [$name, $peer, $most] | .rows[]
	| select(.peer == $peer and (.name | test($name)))
	| [.name, $peer, (.ratio | tostring), ($most | tostring),
		(if .ratio <= $most then "met" else "MISSED" end)];

def target_heads: ["what", "against", "ratio", "at most", ""];

def tsv_of(heads; rows): [heads], [rows] | .[] | @tsv;

def markdown(heads; rows): [heads, (heads | map("-")), rows]
	| map("| " + join(" | ") + " |")[];

# The sections of the document, by what a row's name begins with.
def section: if (.name | startswith("memtype ")) then "Memtype queries"
	elif (.name | startswith("tracked ")) then "What tracking costs the kernel"
	elif (.name | startswith("fault behind ")) then "Faults behind resources"
	elif (.name | test("^faults? ")) or (.name | startswith("fault,")) then "Faults"
	elif (.name | startswith("zap")) then "Zap and refault"
	elif (.name | startswith("fork")) then "Fork and exit"
	else "mmap, touch, munmap" end;

def document: "## \(.kernel)\n\nAccelerator \(.accel), icount \(.icount).\n",
	"### Targets\n", markdown(target_heads; judged), "",
	(.rows | group_by(section)[]
		| "### \(.[0] | section)\n", markdown(heads; .[] | cells), "");

if $form == "table" then tsv_of(heads; .rows[] | cells)
elif $form == "targets" then tsv_of(target_heads; judged)
else document end
