# SPDX-License-Identifier: GPL-2.0-only
"""The machine of each guest: no other file knows the options of QEMU and UML."""

import json
import os
import pathlib
import socket

import paths

# Ranges reserved at boot in every guest, in the form of memmap=. The first, for mmio=SIZE@ADDR,
# is RAM below 4 GiB: mmio=auto searches from the top down, and comes there last. One PUD leaf can
# map each of the other two: one is for mmio=, one for dax=.
RESERVED = "256M$0x50000000,1G$0x140000000,1G$0x180000000"

# Memory for the real users of ZONE_DEVICE, above the guest's other RAM: 1 GiB of special
# purpose memory, of which dax_hmem makes /dev/dax0.0, and 512 MiB of persistent memory,
# /dev/pmem0.
DAX = "1G%0x280000000-1+0xefffffff,512M!0x2c0000000"

# arm64 has no memmap=. RAM begins at 1 GiB; with mem= the kernel takes this much of it, and
# leaves the rest alone.
ARM64_RAM = "2G"
ARM64_RESERVED = "256M$0xc0000000,1G$0x100000000,1G$0x140000000"

# A PC has 2 GiB of its RAM below 4 GiB.
MEMORY = {"x86_64": 9728, "arm64": 5120, "um": 1024}

# A PCI device whose BAR 2 is 64 MiB of prefetchable memory, as SLOT/BAR.
IVSHMEM = "0000:00:10.0/2"

# Devices for the tests of the kernel's own users of device memory, x86_64 only: an IOMMU for
# VFIO, a device that does DMA on request, and an NVMe with a buffer that is memory for P2PDMA.
CONSUMERS = ["-device", "intel-iommu", "-device", "edu,addr=11.0",
             "-blockdev", "null-co,node-name=nvme,size=16777216,read-zeroes=on",
             "-device", "nvme,serial=pfnmap-test,drive=nvme,cmb_size_mb=16,addr=12.0"]

# QEMU's clock for `make bench`: an instruction takes 2^shift ns, and idle time none.
ICOUNT = "shift=1,sleep=off"

# The terminals that are the console and the line to the agent.
TERMINALS = {"x86_64": ("ttyS0", "ttyS1"), "arm64": ("ttyAMA0", "ttyS0")}


def reserved(machine):
    return {"x86_64": RESERVED, "arm64": ARM64_RESERVED}.get(machine, "")


def reserved_ranges(machine):
    """The ranges in the form of the module's parameters: SIZE@START."""
    return reserved(machine).replace("$", "@").split(",")


def command_line(row, terminals, variables):
    """The kernel's command line. Words that are not for the kernel become the environment of
    PID 1."""
    words = [f"console={terminals[0]}", "panic=-1", "oops=panic", "loglevel=7"]
    if row.machine == "x86_64":
        words.append(f"memmap={RESERVED},{DAX}")
        # With PREEMPT_RT the kernel takes a burst of the line's interrupts for spurious ones, and
        # turns the interrupt off. From then on the kernel only polls the line, which takes minutes.
        words.append("noirqdebug")
        words.append("intel_iommu=on")
    else:
        words.append(f"mem={ARM64_RAM}")
    if row.accel == "tcg":
        # The emulator keeps translated code by virtual address: if programs are at the same
        # addresses each time, a start costs 7 ms and not 25. And on a busy machine the kernel
        # would mistrust the TSC, and take the slow HPET.
        words += ["norandmaps", "tsc=reliable"]
        # On a busy machine, too, a guest may miss the ticks that check_timer() waits for, and
        # then panic: "IO-APIC + timer doesn't work".
        if row.machine == "x86_64":
            words.append("no_timer_check")
    if row.cpus == 1 and not row.counts_instructions:
        words.append("maxcpus=1")
    if not row.counts_instructions:
        # The kernel overwrites memory that the module frees, so a use after free shows. The module
        # allocates with GFP_KERNEL_ACCOUNT, from these caches.
        words.append("slub_debug=FP,kmalloc-cg-*")
    words += row.append.split()
    words.append(f"TARGET_LINE=/dev/{terminals[1]}")
    return " ".join(words + [f"{name}={value}" for name, value in variables.items()])


def processor(row):
    """QEMU's words for accelerator, CPU and clock."""
    if row.accel == "kvm":
        return ["-accel", "kvm", "-cpu", "max"]
    if row.counts_instructions:
        return ["-accel", "tcg,thread=single", "-cpu", "max", "-icount", ICOUNT]
    if row.machine == "arm64":
        # QEMU's own algorithm to sign pointers is faster than the architecture's.
        return ["-accel", "tcg,thread=multi", "-cpu", "max,pauth-impdef=on"]
    # With ERMS and FSRM the kernel uses string instructions, which the emulator executes byte by
    # byte: a guest without these features needs a third less time.
    return ["-accel", "tcg,thread=multi", "-cpu", "max,erms=off,fsrm=off"]


def nodes(row):
    """QEMU's words for NUMA, even for one node: dax_kmem refuses memory whose node the kernel
    does not know."""
    words = []
    for node, size in enumerate((row.memory - row.second_node, row.second_node)):
        if size:
            words += ["-object", f"memory-backend-ram,id=ram{node},size={size}M",
                      "-numa", f"node,memdev=ram{node}"]
    return words


def memory(row):
    """QEMU's words for how much memory, and for what is added to it."""
    added = row.dimm + row.virtio_mem
    if not added:
        return ["-m", f"{row.memory}M"]
    words = ["-m", f"{row.memory}M,slots=1,maxmem={row.memory + added}M"]
    if row.dimm:
        words += ["-object", f"memory-backend-ram,id=dimm,size={row.dimm}M",
                  "-device", "pc-dimm,memdev=dimm"]
    if row.virtio_mem:
        words += ["-object", f"memory-backend-ram,id=virtio-mem,size={row.virtio_mem}M",
                  "-device", "virtio-mem-pci,id=virtio-mem,memdev=virtio-mem,"
                  f"requested-size={row.virtio_mem}M"]
    return words


def monitor(folder):
    """The socket by which the emulator of a guest takes QEMU's own commands (QMP)."""
    return folder / "qmp"


def resize_virtio_mem(folder, mib):
    """Asks a guest, whose folder this is, for so much virtio-mem: the guest's driver complies at
    leisure. OSError or ValueError says what failed."""
    commands = [{"execute": "qmp_capabilities"},
                {"execute": "qom-set",
                 "arguments": {"path": "/machine/peripheral/virtio-mem",
                               "property": "requested-size", "value": mib << 20}}]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(30)
        sock.connect(str(monitor(folder)))
        with sock.makefile("rw", encoding="utf-8") as line:
            line.readline()  # the greeting
            for command in commands:
                line.write(json.dumps(command) + "\n")
                line.flush()
                answer = {}
                # Events may come before the answer.
                while not answer.keys() & {"return", "error"}:
                    answer = json.loads(line.readline())
                if "error" in answer:
                    raise ValueError(answer["error"]["desc"])


def qemu(row, initrd, console, variables):
    """The command for QEMU, whose standard input and output are the line to the agent. If CONSOLE
    is None, the guest's console is this terminal, and no agent is at the line."""
    terminals = TERMINALS[row.machine]
    # A guest of one CPU has a second CPU that is offline, for tests that race.
    cpus = row.cpus if row.counts_instructions or row.cpus > 1 else 2
    # 0000:00:10.0/2 is device 10.0 of QEMU's root bus; the BAR is that device's own.
    slot = IVSHMEM.rsplit(":", 1)[1].split("/")[0]
    program = {"x86_64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"}[row.machine]
    command = [program, "-M", {"x86_64": "q35", "arm64": "virt"}[row.machine],
               *processor(row), *memory(row), "-smp", str(cpus),
               "-object", "memory-backend-ram,id=ivshmem,size=64M,share=on",
               "-device", f"ivshmem-plain,memdev=ivshmem,addr={slot}",
               "-nodefaults", "-no-reboot", "-display", "none",
               "-kernel", str(row.image), "-initrd", str(initrd),
               "-append", command_line(row, terminals, variables)]
    if row.machine == "x86_64":
        command += nodes(row) + CONSUMERS
    if row.plugin:
        command += ["-plugin", f"file={row.plugin},out={console.parent}/executed"]
    if console is None:
        return command + ["-chardev", "stdio,id=console,signal=off",
                          "-serial", "chardev:console"]
    command += ["-chardev", f"file,id=console,path={console},append=on",
                "-serial", "chardev:console", "-chardev", "stdio,id=line,signal=off"]
    if row.virtio_mem:
        command += ["-qmp", f"unix:{monitor(console.parent)},server=on,wait=off"]
    if row.machine == "arm64":
        # The machine has one serial line only.
        return command + ["-device", "pci-serial,chardev=line"]
    return command + ["-serial", "chardev:line"]


def uml(row, initrd, line, idle, variables):
    """The command for User Mode Linux, which is an ordinary program. Its console is its standard
    error."""
    words = [str(row.image), f"mem={row.memory}M", f"initrd={initrd}", "rdinit=/init",
             "ssl0=null", f"ssl1=fd:{line}", "con=null", f"con0=fd:{idle},fd:2",
             "loglevel=7", "panic=-1", *row.append.split(), "TARGET_LINE=/dev/ttyS1"]
    return words + [f"{name}={value}" for name, value in variables.items()]


def kvm_probable():
    flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split()
    return ("vmx" in flags or "svm" in flags) and os.access("/dev/kvm", os.R_OK | os.W_OK)


def room_for(memory):
    """How many guests of so many MiB this machine's memory has room for, at least one. We saw all
    tests together touch half of a guest's memory."""
    for text in pathlib.Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if text.startswith("MemAvailable:"):
            return max(1, int(text.split()[1]) // ((memory * 6 // 10 + 1000) << 10))
    return 1


def jobs(memory):
    """How many guests run at once: as processors and memory allow."""
    return paths.asked_number("JOBS", 0) or min(os.cpu_count() or 1, room_for(memory))
