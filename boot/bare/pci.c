// SPDX-License-Identifier: BSD-2-Clause
// See pci.h. PCI Local Bus Specification 3.0, 6; PCI-to-PCI Bridge Architecture 1.2, 3.2. Addresses
// are given out as SeaBIOS does it, largest alignment first, so that kernels find devices where
// they have always been. Each port access is an exit to the hypervisor: nothing is read twice.
#include "boot/bare/pci.h"

#include "boot/bare/bare.h"
#include "boot/bare/chipset.h"
#include "loader/format.h"
#include "stage2/bus/pci.h"
#include "stage2/timing/timeline.h"

enum {
    FUNCTIONS_OF_BUS = 256,
    DEVICES = 32,
    MOST_FUNCTIONS = 128,
    MOST_BUSES = 64,
    MOST_REGIONS = 320,

    REGISTER_CLASS = 0x08,
    REGISTER_ROM = 0x30,
    REGISTER_ROM_OF_BRIDGE = 0x38,
    REGISTER_IO_WINDOW = 0x1c,     /* base, limit */
    REGISTER_MEMORY_WINDOW = 0x20, /* base, limit, 16 bits each */
    REGISTER_PREFETCHABLE_WINDOW = 0x24,
    REGISTER_PREFETCHABLE_BASE_UPPER = 0x28,
    REGISTER_PREFETCHABLE_LIMIT_UPPER = 0x2c,
    REGISTER_IO_WINDOW_UPPER = 0x30,
    REGISTER_BRIDGE_CONTROL = 0x3c, /* upper 16 bits */
    BRIDGE_CONTROL_VGA = 0x08,
    CAPABILITY_HOT_PLUG = 0x0c, /* SHPC */
    PCIE_TYPE = 0xf00000,       /* of the capability's first register: port type */
    PCIE_ROOT_PORT = 0x400000,
    PCIE_DOWNSTREAM_PORT = 0x600000,
    PCIE_SLOT = 0x1000000,
    PCIE_SLOT_CAPABILITIES = 0x14,
    PCIE_SLOT_HOT_PLUG = 0x40,

    BARS = 6,
    BARS_OF_BRIDGE = 2,
    BAR_PREFETCHABLE = 0x08,
    BAR_MEMORY_FLAGS = 0x0f,
    ROM_FLAGS = 0x7ff, /* bit 0 enables the ROM */
    CLASS_DISC = 0x01,
    SUBCLASS_HOST = 0x0600,
    SUBCLASS_ISA = 0x0601,

    LEAST_MEMORY = 0x1000, /* a page for each region */
    WINDOW_IO = 0x1000,    /* least size of bridges' windows, a multiple of their granularity */
    WINDOW_MEMORY = 0x200000,
    IO_START = 0xc000, /* traditionally PCI's */
    IO_SIZE = 0x4000,
    IO_LOW_START = 0x1000, /* for many devices */
    IO_LOW_SIZE = 0x9000,

    COMMAND = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | 0x100, /* SERR */
};

enum kind { IO, MEMORY, PREFETCHABLE, KINDS };

/* What wants addresses: a BAR, or the window of a bridge. Its alignment is its size, but for
   windows. */
struct region {
    struct region *next;
    uint64_t size, alignment;
    uint16_t function;
    uint8_t kind;
    uint8_t offset; /* of the BAR's register; 0: a bridge's window */
    bool is_64;
    uint8_t bus; /* a window: the bus that the bridge leads to */
};

struct bus {
    uint16_t bridge; /* its function; bus 0 has none */
    uint8_t parent;
    uint16_t next;                 /* the function to look at next */
    struct region *regions[KINDS]; /* by alignment and size, largest first */
    uint64_t base[KINDS];
};

static struct pci_function functions[MOST_FUNCTIONS] LOW_MEMORY;
static size_t function_count;
static struct region regions[MOST_REGIONS + 1] LOW_MEMORY; /* the last one is not used */
static size_t region_count;
static struct bus buses[MOST_BUSES] LOW_MEMORY;
static unsigned last_bus;
static const struct pci_function *first_vga;

// ---- Finding functions and what they want

/* What has been filled in at regions[region_count]. */
static void add_region(unsigned bus)
{
    struct region *region = &regions[region_count];
    if (region_count == MOST_REGIONS) {
        timeline_debug("whelk: more PCI addresses are wanted than there is room for\n");
        return;
    }
    region_count++;
    struct region **at = &buses[bus].regions[region->kind];
    while (*at != NULL &&
           ((*at)->alignment > region->alignment ||
            ((*at)->alignment == region->alignment && (*at)->size >= region->size))) {
        at = &(*at)->next;
    }
    region->next = *at;
    *at = region;
}

/* Asks for the size of a BAR by writing ones (6.2.5.1). Returns how many registers it takes: 2 if
   it has 64 bits. */
static unsigned add_bar(uint16_t function, uint32_t offset, uint32_t flags)
{
    uint32_t value = pci_write_and_read(function, offset, ~flags);
    if (value + 1 <= 1) { /* no bits, or all of them */
        return 1;
    }
    value &= ~flags;
    struct region *region = &regions[region_count];
    *region = (struct region){.function = function, .offset = (uint8_t)offset};
    if ((value & PCI_BAR_IO) != 0) {
        region->size = (uint16_t)(0 - (value & PCI_BAR_IO_MASK));
    } else {
        uint64_t mask = value & ~(uint32_t)BAR_MEMORY_FLAGS;
        region->kind = (value & BAR_PREFETCHABLE) != 0 ? PREFETCHABLE : MEMORY;
        region->is_64 = (value & PCI_BAR_64) != 0;
        mask |= (uint64_t)(region->is_64 ? pci_write_and_read(function, offset + 4, UINT32_MAX)
                                         : UINT32_MAX)
                << 32;
        region->size = -mask;
        region->size = region->size < LEAST_MEMORY ? LEAST_MEMORY : region->size;
    }
    region->alignment = region->size;
    unsigned registers = 1u + region->is_64;
    add_region(function / FUNCTIONS_OF_BUS);
    return registers;
}

static void add_bars(const struct pci_function *found)
{
    if (found->class == SUBCLASS_HOST || found->class == SUBCLASS_ISA) {
        return; /* the chipset's own have none */
    }
    unsigned count = found->is_bridge ? BARS_OF_BRIDGE : BARS;
    for (unsigned bar = 0; bar < count;) {
        bar += add_bar(found->function, PCI_BAR0 + 4 * bar, 0);
    }
    add_bar(found->function, found->is_bridge ? REGISTER_ROM_OF_BRIDGE : REGISTER_ROM, ROM_FLAGS);
}

/* Numbers the bus after a bridge. It gets all numbers that follow, until end_bus(). */
static void add_bus(struct pci_function *bridge)
{
    if (last_bus + 1 == MOST_BUSES) {
        timeline_debug("whelk: more PCI buses than there is room for\n");
        return;
    }
    bridge->bus = (uint8_t)++last_bus;
    unsigned parent = bridge->function / FUNCTIONS_OF_BUS;
    buses[last_bus] = (struct bus){
        .bridge = bridge->function,
        .parent = (uint8_t)parent,
        .next = (uint16_t)(last_bus * FUNCTIONS_OF_BUS),
    };
    pci_write(bridge->function, PCI_BUSES, 0xff0000u | last_bus << 8 | parent);
}

static void end_bus(unsigned bus)
{
    pci_write(buses[bus].bridge, PCI_BUSES, last_bus << 16 | bus << 8 | buses[bus].parent);
}

/* Looks at a function. Returns how far it is to the next one: functions 1 to 7 are looked at only
   if function 0 says that there are more. */
static unsigned look_at(uint16_t function)
{
    uint32_t identity = pci_read(function, PCI_IDENTITY);
    unsigned next = function % PCI_FUNCTIONS_OF_DEVICE == 0 ? PCI_FUNCTIONS_OF_DEVICE : 1;
    if (identity + 1 <= 1 || function_count == MOST_FUNCTIONS) { /* PCI_ABSENT or 0 */
        return next;
    }
    uint32_t header = pci_read(function, PCI_HEADER);
    struct pci_function *found = &functions[function_count++];
    *found = (struct pci_function){
        .identity = identity,
        .function = function,
        .class = (uint16_t)(pci_read(function, REGISTER_CLASS) >> 16),
        .is_bridge = (header & PCI_HEADER_TYPE) == PCI_HEADER_BRIDGE,
    };
    if (found->class == PCI_CLASS_VGA && first_vga == NULL) {
        first_vga = found;
    }
    add_bars(found);
    if (found->is_bridge) {
        add_bus(found);
    }
    return (header & PCI_HEADER_MULTIFUNCTION) == 0 ? next : 1;
}

/* Goes down into each bus as soon as its bridge is found, so that its numbers follow each other. */
static void find_functions(void)
{
    for (unsigned bus = 0;;) {
        unsigned before = last_bus;
        if (buses[bus].next < (bus + 1) * FUNCTIONS_OF_BUS) {
            buses[bus].next = (uint16_t)(buses[bus].next + look_at(buses[bus].next));
            bus = last_bus != before ? last_bus : bus;
        } else if (bus != 0) {
            end_bus(bus);
            bus = buses[bus].parent;
        } else {
            return;
        }
    }
}

// ---- Windows of bridges

static uint64_t sum(const struct region *region)
{
    uint64_t total = 0;
    for (; region != NULL; region = region->next) {
        total += region->size;
    }
    return total;
}

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & -alignment;
}

/* The offset of a capability (PCI 3.0, 6.7); 0: the function has none of this number. */
static uint32_t find_capability(uint16_t function, uint8_t number)
{
    if ((pci_read(function, PCI_COMMAND) & PCI_STATUS_CAPABILITIES) == 0) {
        return 0;
    }
    uint32_t at = pci_read(function, PCI_CAPABILITIES) & 0xfc;
    for (unsigned i = 0; i < PCI_MOST_CAPABILITIES && at != 0; i++) {
        uint32_t capability = pci_read(function, at);
        if ((uint8_t)capability == number) {
            return at;
        }
        at = capability >> 8 & 0xfc;
    }
    return 0;
}

/* Whether devices may come later, and so want addresses of this kind. */
static bool keeps_room(uint16_t bridge, enum kind kind)
{
    uint32_t pcie = find_capability(bridge, PCI_CAPABILITY_EXPRESS);
    uint32_t header = pcie != 0 ? pci_read(bridge, pcie) : 0;
    uint32_t type = header & PCIE_TYPE;
    if (pcie != 0 && (type == PCIE_ROOT_PORT || type == PCIE_DOWNSTREAM_PORT)) {
        return kind != IO && (header & PCIE_SLOT) != 0 &&
               (pci_read(bridge, pcie + PCIE_SLOT_CAPABILITIES) & PCIE_SLOT_HOT_PLUG) != 0;
    }
    return find_capability(bridge, CAPABILITY_HOT_PLUG) != 0;
}

static bool all_have_64_bits(const struct region *region)
{
    while (region != NULL && region->is_64) {
        region = region->next;
    }
    return region == NULL;
}

/* Adds a bridge's windows to the bus that it is on. The prefetchable one may be above 4 GiB. */
static void add_windows(unsigned bus)
{
    uint16_t bridge = buses[bus].bridge;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        const struct region *inside = buses[bus].regions[kind];
        uint64_t alignment = kind == IO ? WINDOW_IO : WINDOW_MEMORY;
        if (inside != NULL && inside->alignment > alignment) {
            alignment = inside->alignment;
        }
        uint64_t size = align_up(sum(inside), alignment);
        if (size == 0 && keeps_room(bridge, kind)) {
            size = alignment;
        }
        regions[region_count] = (struct region){
            .size = size,
            .alignment = alignment,
            .function = bridge,
            .kind = (uint8_t)kind,
            .is_64 = kind == PREFETCHABLE && inside != NULL && all_have_64_bits(inside),
            .bus = (uint8_t)bus,
        };
        add_region(buses[bus].parent);
    }
}

// ---- Giving out addresses

static void set_window(const struct region *region, uint64_t base)
{
    uint64_t limit = base + region->size - 1; /* size 0: below the base, so the window is off */
    uint16_t bridge = region->function;
    if (region->kind == IO) {
        uint32_t status = 0xffff0000u; /* writing ones clears errors */
        pci_write(bridge, REGISTER_IO_WINDOW,
                  status | (uint32_t)(limit & 0xf000) | (uint32_t)(base >> 8 & 0xf0));
        pci_write(bridge, REGISTER_IO_WINDOW_UPPER, 0);
        return;
    }
    uint32_t window = (uint32_t)(limit & 0xfff00000) | (uint32_t)(base >> 16 & 0xfff0);
    pci_write(bridge,
              region->kind == MEMORY ? REGISTER_MEMORY_WINDOW : REGISTER_PREFETCHABLE_WINDOW,
              window);
    if (region->kind == PREFETCHABLE) {
        pci_write(bridge, REGISTER_PREFETCHABLE_BASE_UPPER, (uint32_t)(base >> 32));
        pci_write(bridge, REGISTER_PREFETCHABLE_LIMIT_UPPER, (uint32_t)(limit >> 32));
    }
}

/* Gives a list of regions addresses from base on. */
static void assign(const struct region *region, uint64_t base)
{
    for (; region != NULL; base += region->size, region = region->next) {
        if (region->offset == 0) {
            set_window(region, base);
            buses[region->bus].base[region->kind] = base;
            continue;
        }
        pci_write(region->function, region->offset, (uint32_t)base);
        if (region->is_64) {
            pci_write(region->function, region->offset + 4u, (uint32_t)(base >> 32));
        }
    }
}

static uint64_t largest_alignment(const struct region *list)
{
    return list != NULL ? list->alignment : 1;
}

/* Places the lists of bus 0's memory regions at the end of the memory below 4 GiB, the list with
   the smaller alignment last. False: there is not enough room. */
static bool place_low(const struct pci_layout *layout)
{
    struct bus *root = &buses[0];
    enum kind last =
        largest_alignment(root->regions[MEMORY]) < largest_alignment(root->regions[PREFETCHABLE])
            ? MEMORY
            : PREFETCHABLE;
    uint64_t end = layout->memory_end;
    for (unsigned i = 0; i < 2; i++) {
        enum kind kind = i == 0 ? last : MEMORY + PREFETCHABLE - last;
        uint64_t size = sum(root->regions[kind]);
        if (size > end - layout->memory_start) {
            return false;
        }
        end = (end - size) & -largest_alignment(root->regions[kind]);
        root->base[kind] = end;
    }
    return end >= layout->memory_start;
}

/* Takes the regions that may be above 4 GiB out of a list. Returns their list, in their order. */
static struct region *take_64(struct region **at)
{
    struct region *high = NULL, **high_end = &high;
    while (*at != NULL) {
        struct region *region = *at;
        if (!region->is_64) {
            at = &region->next;
            continue;
        }
        *at = region->next;
        region->next = NULL;
        *high_end = region;
        high_end = &region->next;
    }
    return high;
}

/* Gives out addresses above 4 GiB to what can have them, as there is not enough room below. */
static void place_high(const struct pci_layout *layout)
{
    uint64_t base = layout->high_start;
    for (unsigned kind = MEMORY; kind < KINDS; kind++) {
        struct region *high = take_64(&buses[0].regions[kind]);
        base = align_up(base, largest_alignment(high));
        assign(high, base);
        base += sum(high);
    }
}

static void assign_addresses(const struct pci_layout *layout)
{
    for (unsigned bus = last_bus; bus > 0; bus--) {
        add_windows(bus);
    }
    uint64_t io = sum(buses[0].regions[IO]);
    buses[0].base[IO] = io <= IO_SIZE ? IO_START : IO_LOW_START;
    if (io > IO_LOW_SIZE) {
        timeline_debug("whelk: PCI devices want more I/O ports than there are\n");
        buses[0].regions[IO] = NULL;
    }
    if (!place_low(layout)) {
        place_high(layout);
        if (!place_low(layout)) {
            timeline_debug("whelk: PCI devices want more memory than there is room for\n");
            return;
        }
    }
    for (unsigned bus = 0; bus <= last_bus; bus++) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            assign(buses[bus].regions[kind], buses[bus].base[kind]);
        }
    }
}

// ---- Interrupts and access

static unsigned device_of(uint16_t function)
{
    return function / PCI_FUNCTIONS_OF_DEVICE % (FUNCTIONS_OF_BUS / PCI_FUNCTIONS_OF_DEVICE);
}

/* The line of an interrupt pin, 1 to 4. Each bridge on the way to bus 0 turns the pins by the
   number of the device (PCI-to-PCI Bridge Architecture, 9.1). */
static uint8_t line_of(uint16_t function, unsigned pin, const struct pci_layout *layout)
{
    unsigned turn = pin - 1;
    unsigned device =
        function / PCI_FUNCTIONS_OF_DEVICE % (FUNCTIONS_OF_BUS / PCI_FUNCTIONS_OF_DEVICE);
    for (unsigned bus = function / FUNCTIONS_OF_BUS; bus != 0; bus = buses[bus].parent) {
        turn += device;
        device = buses[bus].bridge / PCI_FUNCTIONS_OF_DEVICE %
                 (FUNCTIONS_OF_BUS / PCI_FUNCTIONS_OF_DEVICE);
    }
    return layout->lines[(turn + chipset_link(device)) % 4];
}

static void set_interrupt(struct pci_function *function, const struct pci_layout *layout)
{
    function->pin = (uint8_t)(pci_read(function->function, PCI_INTERRUPT) >> 8);
    if (function->pin != 0) {
        function->interrupt = line_of(function->function, function->pin, layout);
        chipset_fix_line(function);
        pci_set_interrupt_line(function->function, function->interrupt);
    }
}

static bool is_disc(const struct pci_function *function)
{
    return function->class >> 8 == CLASS_DISC;
}

/* Discs are bus masters from now on: a change of the register later would cost as much again. */
static void enable(const struct pci_function *function)
{
    bool is_master = function->is_bridge || is_disc(function);
    chipset_set_up(function);
    pci_set_command(function->function, is_master ? COMMAND | PCI_COMMAND_BUS_MASTER : COMMAND);
}

/* Lets the bridges on the way to the first VGA pass its old addresses on. */
static void enable_vga(void)
{
    for (unsigned bus = first_vga != NULL ? first_vga->function / FUNCTIONS_OF_BUS : 0; bus != 0;
         bus = buses[bus].parent) {
        uint32_t control = pci_read(buses[bus].bridge, REGISTER_BRIDGE_CONTROL);
        pci_write(buses[bus].bridge, REGISTER_BRIDGE_CONTROL,
                  control | (uint32_t)BRIDGE_CONTROL_VGA << 16);
    }
}

void pci_start(const struct pci_layout *wanted)
{
    struct pci_layout layout = *wanted;
    uint32_t host = pci_read(0, PCI_IDENTITY);
    if (host == PCI_ABSENT) {
        return;
    }
    chipset_start(host, &layout);
    buses[0] = (struct bus){0};
    find_functions();
    assign_addresses(&layout);
    for (size_t i = 0; i < function_count; i++) {
        set_interrupt(&functions[i], &layout);
        chipset_route(&functions[i], &layout);
        if (functions[i].is_bridge || is_disc(&functions[i])) {
            enable(&functions[i]);
        }
    }
}

void pci_finish(void)
{
    for (size_t i = 0; i < function_count; i++) {
        if (!functions[i].is_bridge && !is_disc(&functions[i])) {
            enable(&functions[i]);
        }
    }
    enable_vga();
}

const struct pci_function *pci_functions(size_t *count)
{
    *count = function_count;
    return functions;
}

/* Looks for the VGA where a firmware that has started us by PVH has given out the addresses:
   on bus 0, where hypervisors have the VGA. */
static const struct pci_function *find_set_up(void)
{
    static struct pci_function found;
    for (unsigned device = 0; device < DEVICES; device++) {
        found.function = (uint16_t)(device * PCI_FUNCTIONS_OF_DEVICE);
        found.identity = pci_read(found.function, PCI_IDENTITY);
        found.class = (uint16_t)(pci_read(found.function, REGISTER_CLASS) >> 16);
        if (found.identity != PCI_ABSENT && found.class == PCI_CLASS_VGA) {
            return &found;
        }
    }
    return NULL;
}

const struct pci_function *pci_vga(void)
{
    return bare_machine.platform == BARE_PVH ? find_set_up() : first_vga;
}

void pci_path(uint16_t function, char *text, size_t size)
{
    uint16_t way[MOST_BUSES];
    unsigned length = 0;
    way[length++] = function;
    for (; function >= FUNCTIONS_OF_BUS; way[length++] = function) {
        function = buses[function / FUNCTIONS_OF_BUS].bridge;
    }
    size_t at = format_text(text, size, "@i0cf8");
    while (length > 0 && at < size) {
        unsigned number = way[--length] % PCI_FUNCTIONS_OF_DEVICE;
        at += format_text(text + at, size - at, number != 0 ? "@%x,%x" : "@%x",
                          device_of(way[length]), number);
    }
}
