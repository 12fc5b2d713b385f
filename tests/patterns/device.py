"""The device around a pattern: what gets its memory, and /dev/pattern_NAME."""
import re

MMIO = """\
static int memory_get(void)
{
	return request_mem_region(memory.start, memory.bytes, KBUILD_MODNAME) ? 0 : -EBUSY;
}

static void memory_put(void)
{
	release_mem_region(memory.start, memory.bytes);
}
"""

RAM = """\
static void *area;

static void memory_put(void)
{
	kvfree(memory.pages);
	vfree(area);
}

static int memory_get(void)
{
	unsigned long n = PHYS_PFN(memory.bytes);

	area = vmalloc_user(memory.bytes);
	memory.pages = kvcalloc(n, sizeof(*memory.pages), GFP_KERNEL);
	if (!area || !memory.pages) {
		memory_put();
		return -ENOMEM;
	}
	while (n--)
		memory.pages[n] = vmalloc_to_page(area + PFN_PHYS(n));

	return 0;
}
"""

DAX = """\
static struct dev_pagemap pgmap = { .type = MEMORY_DEVICE_GENERIC, .nr_range = 1 };

static int memory_get(void)
{
	if (!IS_ALIGNED(memory.start | memory.bytes, PAGE_SIZE << FOLIO_ORDER))
		return -EINVAL;

	pgmap.range.start = memory.start;
	pgmap.range.end = memory.start + memory.bytes - 1;
	pgmap.vmemmap_shift = FOLIO_ORDER;
	return PTR_ERR_OR_ZERO(memremap_pages(&pgmap, NUMA_NO_NODE));
}

static void memory_put(void)
{
	memunmap_pages(&pgmap);
}
"""

GET = {"mmio": MMIO, "ram": RAM, "dax": DAX}
HEADERS = {
    "mmio": ("ioport",),
    "ram": ("vmalloc", "pfn", "slab"),
    "dax": ("align", "err", "memremap", "numa"),
}

INIT = """\
static int __init example_init(void)
{
	int err;

	err = memory_get();
	if (err)
		return err;
@SETUP@
	err = misc_register(&misc);
	if (err)
		@BACK@;

	return @ERR@;
}
module_init(example_init);

static void __exit example_exit(void)
{
	misc_deregister(&misc);
@TEARDOWN@	memory_put();
}
module_exit(example_exit);

MODULE_DESCRIPTION("Example of @NAME@");
MODULE_LICENSE("GPL");
"""

SETUP = """
	err = @SETUP@(@ARGS@);
	if (err)
		goto err_memory;

	err = misc_register(&misc);
	if (err)
		goto err_setup;

	return 0;

err_setup:
	@TEARDOWN@(@PUT@);
err_memory:
	memory_put();
	return err;
}
"""


class Device:
    """A device that maps by a pattern. TEXT is its code, BEFORE what the pattern needs above
    it, HEADERS what both need of the kernel's."""

    def __init__(self, name, region, fields, code):
        self.name, self.region, self.fields, self.code = name, region, fields, code
        self.flags = fields.get("flags", "")
        self.large = re.search(r"LEVEL_P[MU]D", fields["levels"])
        self.prepare = "mmap_prepare" in fields
        self.power = "&device_power" in code
        state = re.search(r"sizeof\(struct (\w+)\)", fields.get("state_bytes", ""))
        self.state = state[1] if state else ""
        self.by_open = "setup" in fields and self.takes_mapping()
        self.before = self.declared()
        state = f"static struct {self.state} state;\n" if self.state else ""
        self.text = "\n".join([GET[region], state, self.mmap(), self.opened(), self.operations(),
                               self.init()])
        self.headers = {f"<linux/{header}.h>" for header in
                        ("miscdevice", "mm", "module", "pfn", *HEADERS[region],
                         *(("rwsem", "fs") if self.power else ()),
                         *(("pagemap", "fs") if self.folio() else ()))}

    def takes_mapping(self):
        return re.search(rf"{self.fields['setup']}\([^)]*address_space \*mapping\)", self.code)

    def folio(self):
        return "DESC_FOLIO" in self.flags

    def declared(self):
        struct = ["struct region {", "\tphys_addr_t start;", "\tu64 bytes;"]
        if self.region == "ram":
            struct.append("\tstruct page **pages;")
        parts = ["\n".join([*struct, "};"])]
        if self.power:
            parts.append("struct power {\n\tstruct rw_semaphore lock; /* off */\n\tbool off;\n"
                         "\tstruct address_space *mapping;\n};")
            parts.append("static struct power device_power = {\n"
                         "\t.lock = __RWSEM_INITIALIZER(device_power.lock),\n};")
        if self.region == "dax":
            order = "PUD_ORDER" if "PUD" in self.fields["levels"] else \
                    "PMD_ORDER" if "PMD" in self.fields["levels"] else "0"
            parts.append(f"#define FOLIO_ORDER\t{order}")
        parts.append("static struct region memory;")
        params = []
        if self.region != "ram":
            params.append("module_param_named(start, memory.start, ullong, 0444);\n"
                          'MODULE_PARM_DESC(start, "physical address of the memory");')
        params.append("module_param_named(bytes, memory.bytes, ullong, 0444);\n"
                      'MODULE_PARM_DESC(bytes, "its size");')
        if self.asks():
            params.append("static bool wc;\nmodule_param(wc, bool, 0444);\n"
                          'MODULE_PARM_DESC(wc, "write-combining, for what is prefetchable");')
        return parts + params

    def asks(self):
        """Does the helper take the mode of vm_page_prot on x86? Elsewhere every helper does."""
        return self.region == "mmio" and "DESC_FAULT" not in self.flags

    def mode(self, prot):
        if self.region != "mmio":
            return ""
        if not self.asks():
            how = "writecombine" if self.reserves() else "noncached"
            return f"\t{prot} = pgprot_{how}({prot});\n"
        return (f"\tif (wc)\n\t\t{prot} = pgprot_writecombine({prot});\n"
                f"\telse\n\t\t{prot} = pgprot_noncached({prot});\n\n")

    def reserves(self):
        return re.search(r"memtype_wc\(|io_mapping_init_wc\(", self.code)

    def mmap(self):
        if self.prepare:
            arg, pgoff, pages, prot = ("struct vm_area_desc *desc", "desc->pgoff",
                                       "PHYS_PFN(desc->end - desc->start)", "desc->page_prot")
            name, private = "example_mmap_prepare", ""
            if "vm_private_data" in self.code:
                private = "\tdesc->private_data = &memory;\n"
            call = f"{self.fields['mmap_prepare']}(desc, "
        else:
            arg, pgoff, pages, prot = ("struct file *file, struct vm_area_struct *vma",
                                       "vma->vm_pgoff", "vma_pages(vma)", "vma->vm_page_prot")
            name, call = "example_mmap", f"{self.fields['mmap']}(vma, "
            private = f"\tvma->vm_private_data = &{'state' if self.state else 'memory'};\n"
        return (f"static int {name}({arg})\n{{\n"
                f"\tunsigned long pages = PHYS_PFN(memory.bytes);\n\n"
                f"\tif ({pgoff} > pages || {pages} > pages - {pgoff})\n\t\treturn -EINVAL;\n\n"
                f"{private}{self.mode(prot)}\treturn {call}&memory);\n}}\n")

    def opened(self):
        parts = []
        if self.folio():
            parts.append("static const struct address_space_operations example_aops = {\n"
                         "\t.dirty_folio = noop_dirty_folio,\n};\n")
            parts.append("static int example_open(struct inode *inode, struct file *file)\n{\n"
                         "\tinode->i_mapping->a_ops = &example_aops;\n"
                         "\tinode->i_flags |= S_DAX;\n\treturn 0;\n}\n")
        elif self.power:
            parts.append("static int example_open(struct inode *inode, struct file *file)\n{\n"
                         "\tdevice_power.mapping = inode->i_mapping;\n\treturn 0;\n}\n")
            parts.append("/* Around a reset, in suspend() and in resume(). */\n"
                         "static long example_ioctl(struct file *file, unsigned int on, "
                         "unsigned long arg)\n{\n\tif (on > 1)\n\t\treturn -ENOTTY;\n\n"
                         "\tpower_set(&device_power, on);\n\treturn 0;\n}\n")
        elif self.by_open:
            parts.append("static unsigned long is_open;\n")
            parts.append("/* For one at a time: the address_space is the node's. */\n"
                         "static int example_open(struct inode *inode, struct file *file)\n{\n"
                         "\tint err;\n\n\tif (test_and_set_bit(0, &is_open))\n"
                         "\t\treturn -EBUSY;\n\n"
                         f"\terr = {self.fields['setup']}(&state, &memory, inode->i_mapping);\n"
                         "\tif (err)\n\t\tclear_bit(0, &is_open);\n\n\treturn err;\n}\n")
            parts.append("static int example_release(struct inode *inode, struct file *file)\n{\n"
                         f"\t{self.fields['teardown']}(&state, &memory);\n"
                         "\tclear_bit(0, &is_open);\n\treturn 0;\n}\n")
        return "\n".join(parts)

    def operations(self):
        lines = ["static const struct file_operations fops = {", "\t.owner = THIS_MODULE,"]
        if "example_open" in self.opened():
            lines.append("\t.open = example_open,")
        if self.by_open:
            lines.append("\t.release = example_release,")
        if self.power:
            lines.append("\t.unlocked_ioctl = example_ioctl,")
        if self.large:
            lines.append("\t.get_unmapped_area = thp_get_unmapped_area,")
        lines.append("\t.mmap_prepare = example_mmap_prepare," if self.prepare
                     else "\t.mmap = example_mmap,")
        return "\n".join([*lines, "};"]) + """

static struct miscdevice misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &fops,
	.mode = 0600,
};
"""

    def init(self):
        start, end = INIT.split("module_init(example_init);\n")
        teardown = ""
        if "setup" in self.fields and not self.by_open:
            args = "&state, &memory" if self.state else "&memory"
            start = start.split("@SETUP@")[0] + SETUP
            start = start.replace("@SETUP@", self.fields["setup"]).replace("@ARGS@", args)
            start = start.replace("@TEARDOWN@", self.fields["teardown"]).replace("@PUT@", args)
            teardown = f"\t{self.fields['teardown']}({args});\n"
        else:
            start = start.replace("@SETUP@\n", "\n").replace("@BACK@", "memory_put()")
            start = start.replace("@ERR@", "err")
        return (start + "module_init(example_init);\n" + end).replace(
            "@TEARDOWN@", teardown).replace("@NAME@", self.name)
