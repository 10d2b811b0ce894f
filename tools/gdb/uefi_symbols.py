# SPDX-License-Identifier: BSD-2-Clause
"""A command for gdb that finds Whelk's loader in the memory of a UEFI machine and loads its symbols there:

    (gdb) source tools/gdb/uefi_symbols.py
    (gdb) whelk-uefi-symbols build/efi/x64.elf

The firmware lists the images that it has loaded in its debug image information table (UEFI specification 2.10,
18.4), for debuggers. The machine has to be stopped while the loader is in memory, before it ends boot services."""

import pathlib
import struct

import gdb

POINTER_ALIGNMENT = 4 << 20  # of EFI_SYSTEM_TABLE_POINTER
END_OF_SEARCH = 4 << 30
POINTER_SIGNATURE = b"IBI SYST"
# The fields that are read, in words: 8 bytes on x64, 4 on ia32.
TABLE_HEADER_BYTES = 24  # of EFI_SYSTEM_TABLE
ENTRY_COUNT, ENTRIES = 10, 11  # its NumberOfTableEntries, ConfigurationTable
GUID_BYTES = 16
DEBUG_IMAGE_INFO = bytes.fromhex("772e1549da1a6447b7a27afefed95e8b")  # 49152e77-1ada-4764-b7a2-7afefed95e8b
IMAGE_INFO_NORMAL = (1).to_bytes(4, "little")
IMAGE_BASE = 8  # of EFI_LOADED_IMAGE_PROTOCOL
# The loader is known by its .sbat section, which is found by the section table in the image's headers.
HEADERS_BYTES, SBAT_BYTES = 1024, 256
SBAT_NAME = b".sbat\0\0\0"
OWN_LINE = b"\nwhelk,1,"
ELF_CLASS_AT, ELF_64 = 4, 2


class Firmware:
    """The firmware's tables in the machine's memory."""

    def __init__(self, word_bytes):
        self.word_bytes = word_bytes

    @staticmethod
    def bytes_at(address, length):
        return bytes(gdb.selected_inferior().read_memory(address, length))

    def word(self, address, index=0):
        return int.from_bytes(self.bytes_at(address + index * self.word_bytes, self.word_bytes), "little")

    def system_table(self):
        for address in range(0, END_OF_SEARCH, POINTER_ALIGNMENT):
            try:
                signature, table = struct.unpack("<8sQ", self.bytes_at(address, 16))
            except gdb.MemoryError:
                continue
            if signature == POINTER_SIGNATURE:
                return table
        raise gdb.GdbError("no UEFI system table in memory: no UEFI machine, or it has only just started")

    def configuration_table(self, guid):
        fields = self.system_table() + TABLE_HEADER_BYTES
        first = self.word(fields, ENTRIES)
        entry_bytes = GUID_BYTES + self.word_bytes
        for index in range(self.word(fields, ENTRY_COUNT)):
            entry = first + index * entry_bytes
            if self.bytes_at(entry, GUID_BYTES) == guid:
                return self.word(entry + GUID_BYTES)
        raise gdb.GdbError("this firmware keeps no list of the images that it has loaded")

    def images(self):
        """Where each image is in memory."""
        table = self.configuration_table(DEBUG_IMAGE_INFO)
        count, = struct.unpack("<I", self.bytes_at(table + 4, 4))
        entries = self.word(table + 8)
        for index in range(count):
            entry = self.word(entries, index)
            if entry and self.bytes_at(entry, 4) == IMAGE_INFO_NORMAL:
                yield self.word(self.word(entry, 1), IMAGE_BASE)

    def is_loader(self, base):
        try:
            headers = self.bytes_at(base, HEADERS_BYTES)
            name_at = headers.find(SBAT_NAME)
            virtual_address = headers[name_at + 12:name_at + 16]
            sbat = base + int.from_bytes(virtual_address, "little")
            return name_at >= 0 and OWN_LINE in self.bytes_at(sbat, SBAT_BYTES)
        except gdb.MemoryError:
            return False


class WhelkUefiSymbols(gdb.Command):
    """whelk-uefi-symbols FILE: finds Whelk's loader in memory, and loads its symbols from its ELF file."""

    def __init__(self):
        super().__init__("whelk-uefi-symbols", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

    def invoke(self, argument, from_tty):
        try:
            is_64_bit = pathlib.Path(argument).read_bytes()[ELF_CLASS_AT] == ELF_64
        except (OSError, IndexError) as problem:
            raise gdb.GdbError(f"{argument}: no ELF file: {problem}") from problem
        firmware = Firmware(8 if is_64_bit else 4)
        base = next(filter(firmware.is_loader, firmware.images()), None)
        if base is None:
            raise gdb.GdbError("Whelk's loader is not among the images in memory")
        gdb.execute(f"add-symbol-file {argument} -o {base:#x}")


WhelkUefiSymbols()
