// SPDX-License-Identifier: BSD-2-Clause
// Allocated memory in which no code runs (Intel SDM volume 3, 4.5 and 4.6), as with some firmware,
// until the loader allows it by EFI_MEMORY_ATTRIBUTE_PROTOCOL (UEFI 2.10, chapter 37).
#pragma once

#include "tools/bench/probe/uefi.h"

enum {
    PAGE_BYTES = EFI_PAGE_SIZE,
    LARGE_BYTES = 2 << 20,
    ENTRIES = 512,
    ENTRY_IS_LARGE = 1 << 7,
    POINTER_SHIFT = 39, /* to the index in the page map of the fourth level */
    DIRECTORY_SHIFT = 21,
    LEVEL_BITS = 9,
};
#define ENTRY_ADDRESS     0x000ffffffffff000ull
#define ENTRY_NO_EXECUTE  (1ull << 63)
#define CR0_WRITE_PROTECT (1ull << 16)

static EFI_ALLOCATE_PAGES allocate_pages;

static uint64_t *table_of(uint64_t entry)
{
    return (uint64_t *)(uintptr_t)(entry & ENTRY_ADDRESS);
}

/* The address's entry in its page directory; NULL if a larger page is mapped there. */
static uint64_t *directory_entry(uint64_t address)
{
    uint64_t entry;
    __asm__("mov %%cr3, %0" : "=r"(entry));
    for (unsigned shift = POINTER_SHIFT; shift > DIRECTORY_SHIFT; shift -= LEVEL_BITS) {
        entry = table_of(entry)[address >> shift & (ENTRIES - 1)];
        if ((entry & ENTRY_IS_LARGE) != 0) {
            return NULL;
        }
    }
    return &table_of(entry)[address >> DIRECTORY_SHIFT & (ENTRIES - 1)];
}

/* Replaces a large page by small ones. */
static void split(uint64_t *entry)
{
    EFI_PHYSICAL_ADDRESS table = 0;
    allocate_pages(AllocateAnyPages, EfiBootServicesData, 1, &table);
    for (unsigned i = 0; i < ENTRIES; i++) {
        table_of(table)[i] = (*entry & ~(uint64_t)ENTRY_IS_LARGE) + i * (uint64_t)PAGE_BYTES;
    }
    *entry = table | (*entry & ~(ENTRY_ADDRESS | ENTRY_IS_LARGE | ENTRY_NO_EXECUTE));
}

static void set_entry(uint64_t *entry, bool may_execute)
{
    *entry = may_execute ? *entry & ~ENTRY_NO_EXECUTE : *entry | ENTRY_NO_EXECUTE;
}

static void set_execution(uint64_t at, uint64_t length, bool may_execute)
{
    uint64_t cr0, cr3, end = at + length;
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 & ~CR0_WRITE_PROTECT));
    while (at < end) {
        uint64_t *entry = directory_entry(at);
        if (entry == NULL) {
            print("SHIM: pages of 1 GiB\n");
            break;
        }
        bool is_whole = at % LARGE_BYTES == 0 && end - at >= LARGE_BYTES;
        if ((*entry & ENTRY_IS_LARGE) != 0 && !is_whole) {
            split(entry);
        }
        bool is_large = (*entry & ENTRY_IS_LARGE) != 0;
        set_entry(is_large ? entry : &table_of(*entry)[at / PAGE_BYTES % ENTRIES], may_execute);
        at += is_large ? LARGE_BYTES : PAGE_BYTES;
    }
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0));
    __asm__ volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) : : "memory");
}

static EFI_STATUS EFIAPI allocate_without_code(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type,
                                               UINTN pages, EFI_PHYSICAL_ADDRESS *address)
{
    EFI_STATUS status = allocate_pages(how, type, pages, address);
    if (status == EFI_SUCCESS && (type == EfiLoaderCode || type == EfiLoaderData)) {
        set_execution(*address, pages * PAGE_BYTES, false);
    }
    return status;
}

static EFI_STATUS EFIAPI clear_attributes(const void *protocol, EFI_PHYSICAL_ADDRESS address,
                                          UINT64 length, UINT64 attributes)
{
    (void)protocol;
    if (attributes != EFI_MEMORY_XP || (address | length) % PAGE_BYTES != 0) {
        print("SHIM: attributes\n");
        return EFI_INVALID_PARAMETER;
    }
    set_execution(address, length, true);
    return EFI_SUCCESS;
}

static void forbid_code(void)
{
    static struct {
        void *get, *set;
        EFI_STATUS(EFIAPI *clear)(const void *, EFI_PHYSICAL_ADDRESS, UINT64, UINT64);
    } attributes;
    EFI_GUID guid = {0xf4560cf6, 0x40ec, 0x4b4a, {0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89}};
    EFI_HANDLE handle = NULL;
    attributes.clear = clear_attributes;
    allocate_pages = boot->AllocatePages;
    boot->AllocatePages = allocate_without_code;
    boot->InstallProtocolInterface(&handle, &guid, EFI_NATIVE_INTERFACE, &attributes);
    print("SHIM: no code in memory\n");
}
