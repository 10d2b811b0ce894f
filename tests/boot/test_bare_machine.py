# SPDX-License-Identifier: BSD-2-Clause
"""What whelk.rom leaves to a kernel, register by register beside SeaBIOS: tables, data areas, chipset, processors,
screen. The machine kernel (tests/kernels/machine.c) prints it, and does with it what kernels do."""

import re

import pytest

from discs import BUILD, tree
from make_kernel import MIB
from qemu import Machine

pytestmark = pytest.mark.seabios("names its firmware itself")

ROM = BUILD / "whelk.rom"
MACHINES = pytest.mark.parametrize("machine", ["pc", "q35"])
CARDS = [word for name in ("rtl8139", "e1000")
         for word in ("-netdev", f"user,id={name}", "-device", f"{name},netdev={name}")]

# Differences that are meant, with the reason: lines by a regular expression, and values in them by their index (None:
# all of the line).
MEANT = [
    # No code of a firmware runs in system management mode: SMRAM stays closed, and nothing raises SMIs.
    ("port 0xb[23]", None),
    # SMRAM; and 0xe4000 to 0xe7fff, which SeaBIOS 1.16.2 leaves read-only, as we do, and 1.16.3 writable.
    ("pci 0x0", {"pc": [0x70, 0x5c], "q35": [0x9c, 0x94]}),
    ("shadow 0xe4000", None),
    ("pci 0xb", {"pc": [0x58], "q35": []}),  # PIIX4 DEVACTB: SMIs by port 0xb2
    ("pci 0xf8", {"pc": [], "q35": [0xa0]}),  # ICH9 GEN_PMCON_1: SMIs locked
    # SeaBIOS switches bus mastering off again after it has read; so discs are not bus masters there.
    ("pci 0x(9|fa)", {"pc": [4], "q35": [4]}),
    ("port 0x3f2", None),  # SeaBIOS has looked for a diskette to boot from, whose motor still runs
    ("port 0x376", None),  # SeaBIOS leaves the slave selected, which is not there
    ("port 0x64", None),  # the keyboard controller has run no self-test
    # Names of the firmware, and what is at other addresses or longer by them.
    ("smbios.*|mp_pointer.*|rsdp.*", None),
    ("mp 0x(0|10)", None),
    ("pir.*", None),  # all devices, not six; none on q35, where it would be wrong
    # What only INT calls use: diskette, disks, video; the cursor and the ticks.
    ("bda 0x[3-b]0", None),
    # SeaBIOS's own data take a page at the end of the RAM, for AHCI and with more than 3 GiB.
    ("map 0x[34]", {"pc": [0, 4], "q35": [0, 4]}),
    ("(FACP|APIC|HPET|WAET|MCFG) 0x0", {"pc": [0], "q35": [0]}),
]


def lines_of(serial):
    """The kernel's lines as {"name index": values}."""
    found = re.findall(r"^([\w ]+): ?(.*)$", serial, re.MULTILINE)
    return {name: values.split() for name, values in found}


@pytest.fixture(scope="module")
def look(discs):
    made = {}

    def run(words, machine, bare, memory=512, extra=(), cpus=4, exits=True):
        key = (words, machine, bare, memory, tuple(extra), cpus)
        if key not in made:
            image = discs.make(tree((BUILD / "kernels/machine.elf").read_bytes(), words))
            firmware = ["-bios", str(ROM)] if bare else []
            with Machine(image, machine=machine, memory=memory, cpus=cpus, extra=[*firmware, *extra]) as qemu:
                qemu.wait_for("^END$", timeout=60)
                made[key] = lines_of(qemu.serial), qemu.serial
        return made[key]
    return run


def meant(machine, name):
    """The indexes of values that may differ in a line; None: the whole line."""
    for pattern, values in MEANT:
        if re.fullmatch(pattern, name):
            return values if values is None else values[machine]
    return []


def different(machine, ours, theirs):
    found = {}
    for name in ours.keys() | theirs.keys():
        leave_out = meant(machine, name)
        if leave_out is None:
            continue
        one, other = ([v for i, v in enumerate(lines.get(name, [])) if 4 * i not in leave_out] for lines in (ours, theirs))
        if one != other:
            found[name] = one, other
    return found


@MACHINES
@pytest.mark.parametrize("memory", [64, 512, 2560, 3072, 3584, 5120])
def test_the_machine_is_as_seabios_leaves_it(look, machine, memory):
    ours, _ = look("state map", machine, True, memory, CARDS)
    theirs, _ = look("state map", machine, False, memory, CARDS)
    assert different(machine, ours, theirs) == {}


@MACHINES
@pytest.mark.parametrize("words", ["acpi", "mp"])
def test_a_kernel_starts_four_processors(look, machine, words):
    lines, _ = look(words, machine, True)
    assert [lines[f"started_by_{words} {cpu:#x}"] for cpu in (1, 2, 3)] == [["0x1"]] * 3


@MACHINES
def test_network_cards_work_at_their_addresses_and_lines(look, machine):
    ours, _ = look("cards", machine, True, extra=CARDS)
    theirs, _ = look("cards", machine, False, extra=CARDS)
    cards = {name: values for name, values in ours.items() if name.startswith(("rtl8139", "e1000"))}
    assert len(cards) == 2 and all(values == ["0x1", "0x1"] for values in cards.values())
    assert ours == theirs


@MACHINES
def test_the_tables_are_where_a_kernel_leaves_them_alone(look, machine):
    lines, _ = look("state map", machine, True)
    reserved = [(int(start, 16), int(start, 16) + int(length, 16))
                for start, length, kind in (values for name, values in lines.items() if name.startswith("map "))
                if kind != "0x1"]
    addresses = [int(lines[f"{name} 0x0"][0], 16) for name in ("rsdp", "FACP", "APIC", "HPET")]
    assert all(any(start <= address < end for start, end in reserved) for address in addresses)
    assert 0xF0000 <= addresses[0] < 0x100000


def strings_of(lines, name):
    """The bytes of a table that is printed in several lines."""
    parts = sorted((int(key.split()[1], 16), values) for key, values in lines.items() if key.startswith(f"{name} "))
    return bytes(int(value, 16) for _, values in parts for value in values)


def test_smbios_names_the_firmware_and_the_machine(look):
    lines, _ = look("state map", "pc", True)
    table = strings_of(lines, "smbios")
    assert table[0] == 0 and b"Whelk\0" in table and b"QEMU\0" in table
    assert b"04/01/2014\0" in table  # Linux drops workarounds for firmware of 2015 and later, and of 2023 and later


def test_the_user_s_smbios_firmware_stays(look):
    lines, _ = look("state", "pc", True, extra=["-smbios", "type=0,vendor=Somebody"], cpus=1)
    table = strings_of(lines, "smbios")
    assert b"Somebody\0" in table and b"Whelk" not in table


def test_a_machine_without_acpi_has_mp_tables(look):
    lines, serial = look("state mp", "pc,acpi=off", True)
    assert lines["rsdp 0x0"] == ["0x0"]
    assert lines["started_by_mp 0x3"] == ["0x1"]
    assert "whelk:" not in serial


def test_isapc_where_no_table_can_be_written_starts_as_well():
    with Machine(None, attach="none", machine="isapc", memory=32, extra=["-bios", str(ROM)]) as qemu:
        qemu.wait_for("whelk: no disc is an ISO of whelk-mkrescue")
        assert qemu.serial.count("whelk:") == 1 + qemu.serial.count("whelk: nothing else")


GUID = "324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87"


def test_the_host_learns_where_the_generation_id_is(look):
    """The host wants to know an address (WRITE_POINTER). QEMU shows it in the file that it was written to."""
    lines, _ = look("host", "q35", True, extra=["-device", f"vmgenid,guid={GUID}"], cpus=1)
    address = int.from_bytes(bytes(int(value, 16) for value in lines["host 0x0"]), "little")
    assert 511 * MIB < address < 512 * MIB
    assert bytes(int(value, 16) for value in lines["host_target 0x0"])[:4] == bytes.fromhex("af6e4e32")


# ---- The screen

def pixels(qemu, path):
    """The screen as rows of bits: True where it is not black."""
    qemu.screenshot(path)
    kind, width, height, rest = re.match(rb"(P6)\n(\d+) (\d+)\n255\n(.*)", path.read_bytes(), re.DOTALL).groups()
    assert kind == b"P6"
    width, height = int(width), int(height)
    return [[any(rest[3 * (y * width + x):3 * (y * width + x) + 3]) for x in range(width)] for y in range(height)]


@pytest.mark.parametrize("vga", ["std", "cirrus", "virtio"])
def test_text_is_seen_on_the_screen(tmp_path, vga):
    """Without a disc there is a message."""
    with Machine(None, attach="none", memory=32, extra=["-bios", str(ROM), "-vga", vga]) as qemu:
        qemu.wait_for("whelk:")
        qemu.wait_for_screen("whelk:")
        rows = qemu.wait_until(lambda: pixels(qemu, tmp_path / "screen.ppm"), "a screenshot")
    assert (len(rows[0]), len(rows)) == (720, 400)
    # "w", from the row below the ascenders to the line on which letters stand.
    cell = ["".join("#" if bit else "." for bit in row[:9]) for row in rows[:16]]
    assert cell[5:12] == [".#....#.."] * 3 + [".#.##.#.."] * 2 + [".##..##..", ".#....#.."]


def test_nothing_is_drawn_where_nobody_can_see_it():
    with Machine(None, attach="none", memory=32, extra=["-bios", str(ROM), "-nographic", "-monitor", "none"]) as qemu:
        qemu.wait_for("whelk:")
        assert not any(qemu.memory(0xB8000, 160))
