// SPDX-License-Identifier: BSD-2-Clause
// See mkisofs.h. The names are those that xorrisofs(1) and `xorriso -as mkisofs -help` list.
#include "tools/iso/mkisofs.h"

#include <stdbool.h>
#include <string.h>

/* names[n] are the options with n arguments, without dashes, each between two blanks. */
static const char *const names[] = {
    " d D f J l L N R r T U z allow-leading-dots allow-lowercase allow-multidot"
    " appended_part_as_apm appended_part_as_gpt boot-catalog-hide boot-info-table cache-inodes"
    " check-oldnames chrp-boot chrp-boot-part disable-deep-relocation disallow_dir_id_ext"
    " efi-boot-image eltorito-alt-boot emul-toc follow-links for_backup full-iso9660-filenames"
    " gpt-iso-bootable gpt-iso-not-ro graft-points grub2-boot-info gui hard-disk-boot hardlinks"
    " hfsplus hide-joliet-trans-tbl"
    " hide-rr-moved isohybrid-apm-hfsplus isohybrid-gpt-basdat isohybrid-gpt-hfsplus joliet"
    " joliet-long joliet-utf16 acl ldots max-iso9660-filenames mbr-force-bootable md5 no-bak"
    " no-cache-inodes no-emul-boot no-emul-toc no-iso-translate no-pad no-split-symlink-components"
    " no-split-symlink-fields no_rc nobak norock old-empty old-root-devno old-root-no-ino"
    " old-root-no-md5 omit-period omit-version-number pad part_like_isohybrid print-size"
    " protective-msdos-label quiet rational-rock relaxed-filenames rock translation-table"
    " transparent-compression untranslated-filenames xattr xattr-any zisofs-version-2"
    " zisofs2-susp-z2 zisofs2-susp-zf ",

    " A B C G M V abstract alpha-boot apm-block-size appid application_use b biblio boot-load-size"
    " c cdrecord-params checksum-list checksum_algorithm_iso checksum_algorithm_template copyright"
    " dir-mode e efi-boot efi-boot-part eltorito-boot eltorito-catalog eltorito-id"
    " eltorito-platform eltorito-selcrit embedded-boot exclude exclude-list file-mode"
    " file_name_limit generic-boot gid gpt_disk_guid grub2-mbr grub2-sparc-core"
    " hfs-bless hfsplus-block-size hfsplus-serial-no hide hide-hfsplus hide-hfsplus-list"
    " hide-joliet hide-joliet-list hide-list hppa-bootloader hppa-cmdline hppa-hdrversion"
    " hppa-kernel-32 hppa-kernel-64 hppa-ramdisk input-charset iso-level iso_mbr_part_type"
    " isohybrid-mbr jigdo-checksum-algorithm jigdo-exclude jigdo-force-checksum jigdo-force-md5"
    " jigdo-jigdo jigdo-map jigdo-min-file-size jigdo-template jigdo-template-compress log-file m"
    " md5-list mips-boot mipsel-boot output-charset p partition_cyl_align partition_hd_cyl"
    " partition_offset partition_sec_hd prep-boot-part preparer prev-session publisher"
    " rr_reloc_dir set_all_file_dates sort-weight-list sort-weight-patterns sparc-boot sparc-label"
    " stdio_sync sysid uid untranslated_name_len volid volset x old-exclude ",

    " hfs-bless-by scdbackup_tag sort-weight ",

    " append_partition hfsplus-file-creator-type ",
};

static bool has_name(const char *list, const char *name, size_t length)
{
    for (const char *at = list; (at = strstr(at, name)) != NULL; at++) {
        if (at[-1] == ' ' && at[length] == ' ') {
            return true;
        }
    }
    return false;
}

size_t mkisofs_option_words(const char *word)
{
    const char *name = word + strspn(word, "-");
    size_t length = strlen(name);
    if (strncmp(name, "modification-date=", strlen("modification-date=")) == 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (length > 0 && strchr(name, ' ') == NULL && has_name(names[i], name, length)) {
            return 1 + i;
        }
    }
    return 0;
}

enum mkisofs_fate mkisofs_option_fate(const char *word)
{
    static const char needless[] =
        " G appended_part_as_apm appended_part_as_gpt efi-boot-part embedded-boot generic-boot"
        " gpt-iso-bootable gpt-iso-not-ro grub2-mbr isohybrid-apm-hfsplus isohybrid-gpt-basdat"
        " isohybrid-gpt-hfsplus isohybrid-mbr mbr-force-bootable part_like_isohybrid"
        " protective-msdos-label ";
    static const char refused[] = " chrp-boot-part hfsplus partition_offset prep-boot-part ";
    const char *name = word + strspn(word, "-");
    size_t length = strlen(name);
    if (name == word || length == 0 || strchr(name, ' ') != NULL) {
        return MKISOFS_PASSED_ON;
    }
    return strcmp(name, "append_partition") == 0 ? MKISOFS_APPENDED
           : has_name(needless, name, length)    ? MKISOFS_NEEDLESS
           : has_name(refused, name, length)     ? MKISOFS_REFUSED
                                                 : MKISOFS_PASSED_ON;
}
