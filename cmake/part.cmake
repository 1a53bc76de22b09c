# SPDX-License-Identifier: Apache-2.0
# proviso_part(NAME DEPENDS parts... LIBRARIES targets...)
# One static library per part: its *.cc and those of its sub-folders (but tests/ and testing/), and one
# test program NAME_tests from tests/*.cc. Only parts named under DEPENDS can be linked; tools/tidy
# checks that includes keep to the same arrows.
function(proviso_part NAME)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES;TEST_LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/tests/|/testing/")
  if(NOT sources)  # a part that has only headers so far
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.cc)
    file(WRITE ${sources} "")
  endif()
  add_library(proviso_${NAME} STATIC ${sources})
  target_include_directories(proviso_${NAME} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  set(deps ${ARG_DEPENDS})
  list(TRANSFORM deps PREPEND proviso_)
  target_link_libraries(proviso_${NAME} PUBLIC ${deps} ${ARG_LIBRARIES})
  if(PROVISO_TESTS)
    file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/*.cc
         ${CMAKE_CURRENT_SOURCE_DIR}/testing/*.cc)
    if(tests)
      add_executable(${NAME}_tests ${tests})
      target_link_libraries(${NAME}_tests PRIVATE proviso_${NAME} ${ARG_TEST_LIBRARIES} GTest::gtest GTest::gtest_main)
      target_compile_definitions(${NAME}_tests PRIVATE PROVISO_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
      # Half of all compiling is tests, and with sanitizers most of it is optimising them. What they
      # test is optimised all the same. In release not quite without: the slow twins in them would
      # take five times as long.
      target_compile_options(${NAME}_tests PRIVATE $<$<CONFIG:Release>:-O1> $<$<CONFIG:Debug>:-O0>)
      add_test(NAME ${NAME} COMMAND ${NAME}_tests)
    endif()
  endif()
endfunction()
