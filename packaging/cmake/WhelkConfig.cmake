# SPDX-License-Identifier: BSD-2-Clause
# find_package(Whelk): boot ISOs as targets, and boots as tests.
#
#   whelk_add_iso(NAME OUTPUT my.iso CONFIG grub.cfg FILES boot/kernel.elf=kernel.elf …)
#       A target of `all`. A file without a folder in front of it is looked for in the source folder,
#       then in the build folder. DEPENDS adds targets that make the files.
#   whelk_add_boot_test(NAME ISO target EXPECT "text" [TIMEOUT seconds] [OPTIONS --uefi …])
#       A test of CTest: boots the ISO, and passes when the text comes on the serial port.
cmake_minimum_required(VERSION 3.13)

find_program(WHELK_PROGRAM whelk HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../bin")
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Whelk REQUIRED_VARS WHELK_PROGRAM)

function(_whelk_find_file result file)
    if(IS_ABSOLUTE "${file}")
        set(path "${file}")
    elseif(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
        set(path "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    else()
        set(path "${CMAKE_CURRENT_BINARY_DIR}/${file}")
    endif()
    set(${result} "${path}" PARENT_SCOPE)
endfunction()

function(whelk_add_iso name)
    cmake_parse_arguments(PARSE_ARGV 1 ISO "" "OUTPUT;CONFIG" "FILES;DEPENDS")
    if(NOT ISO_OUTPUT OR NOT ISO_CONFIG)
        message(FATAL_ERROR "whelk_add_iso(${name}): OUTPUT and CONFIG are needed")
    endif()
    set(files "")
    set(places "")
    foreach(entry IN ITEMS "boot/grub/grub.cfg=${ISO_CONFIG}" LISTS ISO_FILES)
        if(NOT entry MATCHES "^([^=]+)=(.+)$")
            message(FATAL_ERROR "whelk_add_iso(${name}): ${entry}: write place/on/the/iso=file")
        endif()
        set(place "${CMAKE_MATCH_1}")
        _whelk_find_file(file "${CMAKE_MATCH_2}")
        list(APPEND files "${file}")
        list(APPEND places "${place}=${file}")
    endforeach()
    set(iso "${CMAKE_CURRENT_BINARY_DIR}/${ISO_OUTPUT}")
    add_custom_command(
        OUTPUT "${iso}"
        COMMAND "${WHELK_PROGRAM}" mkrescue -o "${iso}" ${places}
        DEPENDS ${files} ${ISO_DEPENDS}
        COMMENT "Making ${ISO_OUTPUT}"
        VERBATIM)
    add_custom_target(${name} ALL DEPENDS "${iso}")
    set_property(TARGET ${name} PROPERTY WHELK_ISO "${iso}")
endfunction()

function(whelk_add_boot_test name)
    cmake_parse_arguments(PARSE_ARGV 1 BOOT "" "ISO;EXPECT;TIMEOUT" "OPTIONS")
    if(NOT BOOT_TIMEOUT)
        set(BOOT_TIMEOUT 60)
    endif()
    get_target_property(iso ${BOOT_ISO} WHELK_ISO)
    add_test(NAME ${name} COMMAND "${WHELK_PROGRAM}" run ${BOOT_OPTIONS}
             --timeout "${BOOT_TIMEOUT}" --expect "${BOOT_EXPECT}" "${iso}")
endfunction()
