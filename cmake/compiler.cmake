# SPDX-License-Identifier: Apache-2.0
# Flags that every target of ours is built with. x86-64-v2 is what every server of the last ten years has.
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
                    -Woverloaded-virtual -Wnull-dereference -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely in optimised code that inlines std::variant and std::string.
  add_compile_options(-Wno-null-dereference -Wno-maybe-uninitialized -Wno-restrict
                      -Wno-stringop-overflow -Wno-array-bounds -Wno-free-nonheap-object
                      -Wno-stringop-overread -Wno-dangling-pointer)
  # At -O1 it inlines the operator new of Asio's coroutine frames and not their operator delete.
  add_compile_options($<$<CONFIG:Debug>:-Wno-mismatched-new-delete>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's stable_sort calls what it has itself marked as deprecated; g++ still tells us of ours.
  add_compile_options(-Wno-deprecated-declarations)
endif()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_compile_options(-march=x86-64-v2)
endif()
add_compile_options(-fno-omit-frame-pointer -fstack-protector-strong)
if(PROVISO_SANITIZE)
  add_compile_options(-fsanitize=${PROVISO_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PROVISO_SANITIZE})
endif()
if(PROVISO_FUZZ)
  # Everywhere, and not only in fuzz/: a fuzzer sees no branch of a library that lacks it, and goes
  # on by chance alone.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(PROVISO_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
find_program(PROVISO_CCACHE ccache)
if(PROVISO_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PROVISO_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${PROVISO_CCACHE})
endif()
find_program(PROVISO_MOLD mold)
if(PROVISO_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
