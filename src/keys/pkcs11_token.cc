// SPDX-License-Identifier: Apache-2.0
// Keys on tokens, by PKCS #11 (version 3.0 for Ed25519). p11-kit finds and loads the module and
// reads the URI; the few calls that signing needs are made here.
#include <algorithm>
#include <vector>

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "base/encoding.h"
#include "base/text/format.h"
#include "keys/signers.h"

namespace proviso::keys {
namespace {

constexpr CK_ULONG kObjectsMax = 100;

struct UriFree {
  void operator()(P11KitUri* uri) const { p11_kit_uri_free(uri); }
};
using UriPtr = std::unique_ptr<P11KitUri, UriFree>;

Result<void> must(std::string_view step, CK_RV code) {
  if (code == CKR_OK) return {};
  const bool refused =
      code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED || code == CKR_FUNCTION_REJECTED;
  return fail(refused ? Errc::denied : Errc::unavailable,
              format("{}: {}", step, p11_kit_strerror(code)));
}

Result<UriPtr> parse_uri(const std::string& text) {
  UriPtr uri(p11_kit_uri_new());
  const int done = p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_ANY, uri.get());
  if (done != P11_KIT_URI_OK) {
    return fail(Errc::invalid_input, format("not a PKCS #11 URI: {}", p11_kit_uri_message(done)));
  }
  if (p11_kit_uri_any_unrecognized(uri.get()) != 0) {
    return fail(Errc::invalid_input, "the URI has a part that is not known (RFC 7512)");
  }
  return uri;
}

// One module, initialised; all its sessions end with it.
class Module {
 public:
  static Result<std::unique_ptr<Module>> load(const char* path) {
    if (path == nullptr) {
      return fail(Errc::invalid_input,
                  "name the token's library in the URI: ?module-path=/usr/lib/...so");
    }
    auto out = std::make_unique<Module>();
    out->calls_ = p11_kit_module_load(path, 0);
    if (out->calls_ == nullptr) {
      return fail(Errc::unavailable, format("{}: {}", path, p11_kit_message()));
    }
    TRY_VOID(must(path, p11_kit_module_initialize(out->calls_)));
    out->initialised_ = true;
    return out;
  }
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module() {
    if (initialised_) p11_kit_module_finalize(calls_);
    if (calls_ != nullptr) p11_kit_module_release(calls_);
  }
  CK_FUNCTION_LIST* operator->() const { return calls_; }

 private:
  CK_FUNCTION_LIST* calls_ = nullptr;
  bool initialised_ = false;
};

Result<CK_SLOT_ID> find_slot(const Module& module, P11KitUri* uri) {
  CK_ULONG count = 0;
  TRY_VOID(must("slots", module->C_GetSlotList(CK_TRUE, nullptr, &count)));
  std::vector<CK_SLOT_ID> slots(count);
  TRY_VOID(must("slots", module->C_GetSlotList(CK_TRUE, slots.data(), &count)));
  slots.resize(count);
  std::vector<CK_SLOT_ID> found;
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (module->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
    const bool ready = (info.flags & CKF_TOKEN_INITIALIZED) != 0;
    if (ready && p11_kit_uri_match_token_info(uri, &info) == 1) found.push_back(slot);
  }
  if (found.empty()) return fail(Errc::not_found, "no such token is plugged in");
  if (found.size() > 1) return fail(Errc::invalid_input, "several tokens fit: say token=LABEL");
  return found.front();
}

class Session {
 public:
  Session(const Module& module, CK_SESSION_HANDLE handle) : module_(module), handle_(handle) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { module_->C_CloseSession(handle_); }
  [[nodiscard]] CK_SESSION_HANDLE handle() const { return handle_; }

  Result<void> log_in(std::string pin) const {
    auto* bytes = reinterpret_cast<CK_UTF8CHAR*>(pin.data());
    TRY_VOID(must("PIN", module_->C_Login(handle_, CKU_USER, bytes, pin.size())));
    return {};
  }

  /// Objects of one class that the URI names; an Ed25519 key each.
  Result<std::vector<CK_OBJECT_HANDLE>> find(CK_OBJECT_CLASS object_class, P11KitUri* uri) const {
    CK_KEY_TYPE type = CKK_EC_EDWARDS;
    std::vector<CK_ATTRIBUTE> wanted = {{CKA_CLASS, &object_class, sizeof object_class},
                                        {CKA_KEY_TYPE, &type, sizeof type}};
    CK_ULONG named = 0;
    const CK_ATTRIBUTE* of_uri = p11_kit_uri_get_attributes(uri, &named);
    std::copy_if(of_uri, of_uri + named, std::back_inserter(wanted),
                 [](const CK_ATTRIBUTE& a) { return a.type == CKA_LABEL || a.type == CKA_ID; });
    TRY_VOID(must("objects", module_->C_FindObjectsInit(handle_, wanted.data(), wanted.size())));
    std::vector<CK_OBJECT_HANDLE> out(kObjectsMax);
    CK_ULONG count = 0;
    const CK_RV found = module_->C_FindObjects(handle_, out.data(), kObjectsMax, &count);
    module_->C_FindObjectsFinal(handle_);
    TRY_VOID(must("objects", found));
    out.resize(count);
    return out;
  }

  Result<std::string> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
    CK_ATTRIBUTE one{type, nullptr, 0};
    TRY_VOID(must("attribute", module_->C_GetAttributeValue(handle_, object, &one, 1)));
    std::string out(one.ulValueLen, '\0');
    one.pValue = out.data();
    TRY_VOID(must("attribute", module_->C_GetAttributeValue(handle_, object, &one, 1)));
    return out;
  }

  Result<std::string> sign(CK_OBJECT_HANDLE key, std::string_view message) const {
    CK_MECHANISM mechanism{CKM_EDDSA, nullptr, 0};
    TRY_VOID(must("sign", module_->C_SignInit(handle_, &mechanism, key)));
    std::string input(message);
    std::string out(64, '\0');
    CK_ULONG size = out.size();
    TRY_VOID(
        must("sign", module_->C_Sign(handle_, reinterpret_cast<CK_BYTE*>(input.data()),
                                     input.size(), reinterpret_cast<CK_BYTE*>(out.data()), &size)));
    out.resize(size);
    return out;
  }

 private:
  const Module& module_;
  CK_SESSION_HANDLE handle_;
};

// CKA_EC_POINT: the 32 bytes, mostly in a DER OCTET STRING.
Result<PublicKey> key_of_point(std::string_view point) {
  constexpr std::string_view kOctetString("\x04\x20", 2);
  if (point.size() == 34 && point.starts_with(kOctetString)) point.remove_prefix(2);
  return PublicKey::from_bytes(point);
}

class TokenSigner final : public Signer {
 public:
  TokenSigner(std::unique_ptr<Module> module, std::unique_ptr<Session> session,
              CK_OBJECT_HANDLE object, PublicKey key)
      : module_(std::move(module)), session_(std::move(session)), object_(object), key_(key) {}
  [[nodiscard]] const PublicKey& public_key() const override { return key_; }
  [[nodiscard]] Result<std::string> try_sign(std::string_view message) const override {
    std::string signature = TRY(session_->sign(object_, message));
    return checked_signature(key_, message, std::move(signature));
  }

 private:
  std::unique_ptr<Module> module_;
  std::unique_ptr<Session> session_;  // ends before its module
  CK_OBJECT_HANDLE object_;
  PublicKey key_;
};

Result<CK_OBJECT_HANDLE> only_one(const Session& session, CK_OBJECT_CLASS object_class,
                                  P11KitUri* uri) {
  const std::vector<CK_OBJECT_HANDLE> found = TRY(session.find(object_class, uri));
  const std::string_view what =
      object_class == CKO_PRIVATE_KEY ? "Ed25519 private key" : "Ed25519 public key";
  if (found.size() == 1) return found.front();
  if (found.empty()) return fail(Errc::not_found, format("the token has no such {}", what));
  return fail(Errc::invalid_input, format("several fit as {}: say object=LABEL or id=...", what));
}

}  // namespace

Result<std::unique_ptr<Signer>> open_pkcs11(const std::string& text, const AskPassphrase& ask) {
  const UriPtr uri = TRY(parse_uri(text));
  auto module = TRY(Module::load(p11_kit_uri_get_module_path(uri.get())));
  const CK_SLOT_ID slot = TRY(find_slot(*module, uri.get()));
  CK_SESSION_HANDLE handle = 0;
  TRY_VOID(must("session",
                (*module)->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &handle)));
  auto session = std::make_unique<Session>(*module, handle);
  std::string pin = TRY(ask());
  TRY_VOID(session->log_in(std::move(pin)));
  const CK_OBJECT_HANDLE object = TRY(only_one(*session, CKO_PRIVATE_KEY, uri.get()));
  const CK_OBJECT_HANDLE pub = TRY(only_one(*session, CKO_PUBLIC_KEY, uri.get()));
  const std::string point = TRY(session->attribute(pub, CKA_EC_POINT));
  const PublicKey key = TRY(key_of_point(point));
  return std::make_unique<TokenSigner>(std::move(module), std::move(session), object, key);
}

}  // namespace proviso::keys
