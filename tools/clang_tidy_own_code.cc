// SPDX-License-Identifier: Apache-2.0
// A plug-in for clang-tidy: its checks look at what the project wrote, and not through all system
// headers that a file includes. What it finds in those is thrown away anyway, after two thirds of
// the time. Newer versions of clang-tidy do so themselves; then this file can go.
//
// Built and loaded by tools/clang_tidy_cached.
#include <memory>
#include <string>
#include <vector>

#include "clang/AST/ASTConsumer.h"
#include "clang/AST/ASTContext.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendPluginRegistry.h"

namespace {

class OwnCode final : public clang::ASTConsumer {
 public:
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (clang::Decl* decl : group) {
      const clang::SourceManager& sources = decl->getASTContext().getSourceManager();
      if (!sources.isInSystemHeader(decl->getLocation())) own_.push_back(decl);
    }
    return true;
  }
  // Before the checks run, since the action below is added before the main one.
  void HandleTranslationUnit(clang::ASTContext& context) override {
    context.setTraversalScope(own_);
  }

 private:
  std::vector<clang::Decl*> own_;
};

class LookAtOwnCode final : public clang::PluginASTAction {
 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& /*compiler*/,
                                                        llvm::StringRef /*file*/) override {
    return std::make_unique<OwnCode>();
  }
  bool ParseArgs(const clang::CompilerInstance& /*compiler*/,
                 const std::vector<std::string>& /*words*/) override {
    return true;
  }
  ActionType getActionType() override { return AddBeforeMainAction; }
};

const clang::FrontendPluginRegistry::Add<LookAtOwnCode> kRegistered(
    "own-code", "checks look at the project's own code");

}  // namespace
