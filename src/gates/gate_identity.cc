// SPDX-License-Identifier: Apache-2.0
#include "gates/gate_identity.h"

#include <utility>

#include <sys/stat.h>

namespace proviso::gates {
namespace {

constexpr std::uint64_t kFileMax = 64U << 10U;

std::string file_of(const std::string& state_dir) { return state_dir + "/identity"; }

// A line with the name, then the key: one file, so that no crash leaves the one without the other.
Result<ledger::NoteSigner> parse(const std::string& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string::npos || end > kGateNameMax) {
    return fail(Errc::corrupt, "does not begin with a line that is the gate's name");
  }
  auto key = SigningKey::from_pem(text.substr(end + 1), "");
  if (!key) return fail(Errc::corrupt, key.error().message);
  auto signer = ledger::NoteSigner::make(text.substr(0, end), *std::move(key));
  if (!signer) return fail(Errc::corrupt, signer.error().message);
  return signer;
}

// The umask keeps the key private from its first byte.
Result<void> write_private(FileSystem& fs, const std::string& path, std::string_view bytes) {
  const mode_t before = ::umask(S_IRWXG | S_IRWXO);
  auto written = fs.write_durable(path, bytes);
  ::umask(before);
  return written;
}

}  // namespace

Result<ledger::NoteSigner> make_gate_identity(FileSystem& fs, const std::string& state_dir,
                                              const std::string& name, Random& random) {
  if (!ledger::is_note_name(name) || name.size() > kGateNameMax) {
    return fail(Errc::invalid_input,
                "a gate's name is 1 to 255 bytes of UTF-8 without white space and +");
  }
  std::optional<ledger::NoteSigner> present = TRY(read_gate_identity(fs, state_dir));
  if (present) {
    if (present->name == name) return *std::move(present);
    return fail(Errc::conflict, file_of(state_dir) + ": this gate is " + present->name +
                                    "; another gate has another folder");
  }
  ledger::NoteSigner out{name, SigningKey::generate(random)};
  const std::string pem = TRY(out.key.to_pem(""));
  TRY_VOID(fs.make_directories(state_dir));
  TRY_VOID(write_private(fs, file_of(state_dir), name + "\n" + pem));
  return out;
}

Result<std::optional<ledger::NoteSigner>> read_gate_identity(FileSystem& fs,
                                                             const std::string& state_dir) {
  const std::string path = file_of(state_dir);
  if (state_dir.empty() || !fs.exists(path)) return std::optional<ledger::NoteSigner>();
  const std::string text = TRY(fs.read(path, kFileMax));
  auto parsed = parse(text);
  if (!parsed) return fail_in(path, parsed.error());
  return std::optional<ledger::NoteSigner>(*std::move(parsed));
}

}  // namespace proviso::gates
