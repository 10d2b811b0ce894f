# SPDX-License-Identifier: BSD-2-Clause
# Homebrew on Linux. It has no gnu-efi, so this installs the static program of a release, from the
# folder that HOMEBREW_WHELK_RELEASE names (an URL).
class Whelk < Formula
  desc "Bootloader for Multiboot kernels on ISOs, and its tools"
  homepage "https://whelk.example/"
  url "#{ENV.fetch("HOMEBREW_WHELK_RELEASE", "file:///tmp")}/whelk-@VERSION@-x86_64-linux.tar.gz"
  version "@VERSION@"
  sha256 "@PROGRAM_SHA256@"
  license all_of: ["BSD-2-Clause", "Zlib", "0BSD", "GPL-2.0-or-later"]

  depends_on arch: :x86_64
  depends_on :linux
  depends_on "xorriso"

  def install
    bin.install Dir["bin/*"]
    share.install Dir["share/*"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/whelk --version")
  end
end
