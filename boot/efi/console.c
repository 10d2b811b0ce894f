// SPDX-License-Identifier: BSD-2-Clause
// Screen and keyboard by the Simple Text protocols (UEFI 2.10, 12.3, 12.4), and the clock.
#include "stage2/console/console.h"
#include "boot/efi/uefi.h"
#include "stage2/firmware.h"
#include "stage2/timing/timeline.h"

enum {
    CONSOLE_PATHS_BYTES = 1024,
    COM1 = 0x3f8,

    MEASURE_MICROSECONDS = 10000,
    TICK_BITS = 10,                        /* the clock counts units of 2^10 TSC ticks */
    GUESSED_TICKS = 1 << (21 - TICK_BITS), /* in a millisecond, at 2 GHz */
    IDLE_100NS = 500000,
    ASCII_END = 0x80,
};

static SIMPLE_TEXT_OUTPUT_INTERFACE *screen(void)
{
    return uefi_system->ConOut;
}

/* NULL: the machine has none. */
static SIMPLE_INPUT_INTERFACE *keyboard(void)
{
    return uefi_system->ConIn;
}

bool firmware_screen_present(void)
{
    return uefi_boot_services_run && screen() != NULL;
}

void firmware_screen_write(char character)
{
    CHAR16 text[3] = {(CHAR16)(uint8_t)character};
    if (character == '\n') {
        text[0] = '\r';
        text[1] = '\n';
    }
    if ((uint8_t)character >= ASCII_END) {
        text[0] = '?'; /* a byte of UTF-8 */
    }
    screen()->OutputString(screen(), text);
}

void firmware_screen_put(uint32_t character)
{
    CHAR16 text[2] = {character <= UINT16_MAX ? (CHAR16)character : '?'};
    screen()->OutputString(screen(), text);
}

void firmware_screen_clear(void)
{
    screen()->ClearScreen(screen());
}

void firmware_screen_move(unsigned row, unsigned column)
{
    screen()->SetCursorPosition(screen(), column, row);
}

void firmware_screen_inverse(int on)
{
    screen()->SetAttribute(screen(), on ? EFI_TEXT_ATTR(EFI_BLACK, EFI_LIGHTGRAY)
                                        : EFI_TEXT_ATTR(EFI_LIGHTGRAY, EFI_BLACK));
}

/* Whether the firmware's console is on a serial port, too. Then our lines would appear twice there,
   and firmware and loader would both read its input. ConOut has the device paths of all outputs. */
static bool is_on_serial_port(void)
{
    static uint8_t paths[CONSOLE_PATHS_BYTES];
    UINTN size = sizeof paths;
    UINTN at = 0;
    if (!uefi_variable(L"ConOut", paths, &size)) {
        return false;
    }
    while (at + sizeof(EFI_DEVICE_PATH) <= size) {
        const EFI_DEVICE_PATH *node = (const EFI_DEVICE_PATH *)(const void *)(paths + at);
        if (DevicePathType(node) == MESSAGING_DEVICE_PATH &&
            DevicePathSubType(node) == MSG_UART_DP) {
            return true;
        }
        UINTN length = (UINTN)DevicePathNodeLength(node);
        at += length < sizeof *node ? size : length;
    }
    return false;
}

uint16_t firmware_serial_port(void)
{
    static int is_console = -1; /* not known yet */
    if (is_console < 0) {
        is_console = uefi_boot_services_run && is_on_serial_port();
    }
    return uefi_boot_services_run && is_console ? 0 : COM1;
}

static int key_of(const EFI_INPUT_KEY *key)
{
    static const uint16_t keys[] = {
        [SCAN_UP] = KEY_UP,         [SCAN_DOWN] = KEY_DOWN,           [SCAN_RIGHT] = KEY_RIGHT,
        [SCAN_LEFT] = KEY_LEFT,     [SCAN_HOME] = KEY_HOME,           [SCAN_END] = KEY_END,
        [SCAN_DELETE] = KEY_DELETE, [SCAN_PAGE_UP] = KEY_PAGE_UP,     [SCAN_F2] = KEY_F2,
        [SCAN_F4] = KEY_F4,         [SCAN_PAGE_DOWN] = KEY_PAGE_DOWN, [SCAN_F10] = KEY_F10,
        [SCAN_ESC] = KEY_ESCAPE,
    };
    if (key->ScanCode == 0) {
        return key->UnicodeChar < ASCII_END ? key->UnicodeChar : KEY_NONE;
    }
    return key->ScanCode < sizeof keys / sizeof keys[0] ? keys[key->ScanCode] : KEY_NONE;
}

int firmware_key(void)
{
    EFI_INPUT_KEY key;
    return uefi_boot_services_run && keyboard() != NULL &&
                   keyboard()->ReadKeyStroke(keyboard(), &key) == EFI_SUCCESS
               ? key_of(&key)
               : KEY_NONE;
}

/* Simple Text Input does not report modifier keys that are held alone. */
unsigned firmware_keyboard_modifiers(void)
{
    return 0;
}

bool firmware_menu_key_held(void)
{
    int key;
    while ((key = firmware_key()) != KEY_NONE && key != KEY_ESCAPE) {
    }
    return key == KEY_ESCAPE;
}

static uint32_t ticks_per_millisecond = GUESSED_TICKS;

static void measure_ticks(void)
{
    uint64_t start = timeline_now();
    uefi_boot()->Stall(MEASURE_MICROSECONDS);
    ticks_per_millisecond =
        (uint32_t)((timeline_now() - start) >> TICK_BITS) / (MEASURE_MICROSECONDS / 1000) + 1;
}

/* No clock of UEFI's is finer than a second. This counts TSC ticks, whose rate is measured before
   anybody waits for the user (firmware_idle()). */
uint64_t firmware_milliseconds(void)
{
    static uint64_t last;
    static uint64_t milliseconds;
    if (last == 0) {
        last = timeline_now();
    }
    uint32_t passed = (uint32_t)((timeline_now() - last) >> TICK_BITS) / ticks_per_millisecond;
    last += ((uint64_t)passed * ticks_per_millisecond) << TICK_BITS;
    milliseconds += passed;
    return milliseconds;
}

void firmware_idle(void)
{
    static EFI_EVENT timer;
    UINTN ignored;
    if (timer == NULL) {
        measure_ticks();
        uefi_boot()->CreateEvent(EVT_TIMER, 0, NULL, NULL, &timer);
    }
    uefi_boot()->SetTimer(timer, TimerRelative, IDLE_100NS);
    EFI_EVENT events[] = {timer, keyboard() != NULL ? keyboard()->WaitForKey : NULL};
    uefi_boot()->WaitForEvent(keyboard() != NULL ? 2 : 1, events, &ignored);
}

/* There is none but the UART. */
bool firmware_terminal_present(void)
{
    return false;
}

void firmware_terminal_write(char character)
{
    (void)character;
}

int firmware_terminal_read(void)
{
    return -1;
}
