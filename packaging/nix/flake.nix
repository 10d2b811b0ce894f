# SPDX-License-Identifier: BSD-2-Clause
# nix build, in a folder with this file and the sources' archive unpacked as "whelk".
{
  description = "Bootloader for Multiboot kernels on ISOs, and its tools";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
    in {
      packages.x86_64-linux.default = pkgs.stdenv.mkDerivation {
        pname = "whelk";
        version = "@VERSION@";
        src = ./whelk;
        nativeBuildInputs = [ pkgs.nasm ];
        buildInputs = [ pkgs.libisofs pkgs.xorriso ];
        # Of gnu-efi only headers are used; its package has those of one architecture.
        preBuild = ''
          mkdir ../efi
          (cd ../efi && unpackFile ${pkgs.gnu-efi.src})
          makeFlagsArray+=(PREFIX=$out
            EFI_HEADERS=$(dirname "$(find "$PWD/../efi" -path '*/inc/efi.h')"))
        '';
        # The wrapper's hardening would change the boot images.
        hardeningDisable = [ "all" ];
        meta = {
          license = with pkgs.lib.licenses; [ bsd2 zlib bsd0 gpl2Plus ];
          mainProgram = "whelk";
          platforms = [ "x86_64-linux" ];
        };
      };
    };
}
