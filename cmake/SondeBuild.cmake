# How sonde's own code is built: warnings, sanitizers, and one function each for a room of the core and its tests.

add_library(sonde_flags INTERFACE)
target_compile_options(sonde_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow)
# GCC 12 sees overlapping copies in `"text" + std::string()` that are not there (its bug 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(sonde_flags INTERFACE -Wno-restrict)
endif()
if(SONDE_WERROR)
  target_compile_options(sonde_flags INTERFACE -Werror)
endif()
if(SONDE_FUZZ AND NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  message(FATAL_ERROR "SONDE_FUZZ needs libFuzzer: configure with -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++")
endif()
if(SONDE_FUZZ)  # the parsers are in libraries, and libFuzzer learns of new paths in them by this
  target_compile_options(sonde_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(sonde_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(SONDE_SANITIZE)
  string(REPLACE "," ";" sanitizers "${SONDE_SANITIZE}")
  target_compile_options(sonde_flags INTERFACE -fsanitize=${SONDE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(sonde_flags INTERFACE -fsanitize=${SONDE_SANITIZE})
  # The vptr check looks at memory through a pipe, and tests without a descriptor left would fail for it.
  if("undefined" IN_LIST sanitizers)
    target_compile_options(sonde_flags INTERFACE -fno-sanitize=vptr)
  endif()
endif()

# The sanitizers' builds compile sources of a target several at a time (CMAKE_UNITY_BUILD), which takes half the time: what
# headers bring is parsed and instrumented once. Other builds do not, so that each source must include what it uses.
# sonde_alone(SOURCES ...): not these, which have a name of their own that another one has too.
function(sonde_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
if(CMAKE_UNITY_BUILD)
  target_compile_options(sonde_flags INTERFACE -Wno-shadow)  # of names that only a neighbour has
endif()

# sonde_room(NAME SOURCES ... [DEPENDS rooms above ...] [LIBS ...])
# A room of core/ as a static library. It sees the rooms it names and what those see, and no others.
function(sonde_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBS" ${ARGN})
  add_library(core_${name} STATIC ${ARG_SOURCES})
  target_include_directories(core_${name} PUBLIC ${PROJECT_SOURCE_DIR}/core)
  target_link_libraries(core_${name} PRIVATE sonde_flags ${ARG_LIBS})
  foreach(room IN LISTS ARG_DEPENDS)
    target_link_libraries(core_${name} PUBLIC core_${room})
  endforeach()
endfunction()

# sonde_parts(NAME SOURCES ... [LIBS that who links it sees as well] [PRIVATE_LIBS ...]): all of a plugin but its entry, as
# a static library, which the plugin, its tests and its fuzz targets link.
function(sonde_parts name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_libraries(${name} PUBLIC sonde::sdk ${ARG_LIBS} PRIVATE sonde_flags ${ARG_PRIVATE_LIBS})
endfunction()

# With clang, what each test includes is parsed once: a third of the time that the tests take to compile there. (GCC 12
# then no longer sees that the standard library's headers are not ours, and warns wrongly of what it inlines from them.)
# And with sanitizers the tests themselves are not optimised, which takes half of the rest.
if(SONDE_SANITIZE)
  set(sonde_test_flags -O0)
endif()
if(SONDE_TESTS AND CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  find_package(GTest REQUIRED)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/tests/precompiled_gtest.cpp CONTENT "")
  add_executable(precompiled_gtest EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/tests/precompiled_gtest.cpp)
  target_link_libraries(precompiled_gtest PRIVATE sonde_flags GTest::gtest_main)
  target_compile_options(precompiled_gtest PRIVATE ${sonde_test_flags})
  target_precompile_headers(precompiled_gtest PRIVATE <gtest/gtest.h>)
endif()

# sonde_unit_test(NAME SOURCES ... [OPTIMISED sources of these that compute for seconds] LIBS ...): one GoogleTest program;
# each of its tests is a test of CTest, labelled NAME.
function(sonde_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;OPTIMISED;LIBS" ${ARGN})
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE sonde_flags ${ARG_LIBS} GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${sonde_test_flags})
  if(TARGET precompiled_gtest)
    target_precompile_headers(${name} REUSE_FROM precompiled_gtest)
  endif()
  if(ARG_OPTIMISED AND sonde_test_flags)
    set_source_files_properties(${ARG_OPTIMISED} PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS -O1)
  endif()
  # Pretty values of parameters would be addresses, other ones each time.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
    PROPERTIES TIMEOUT 120 LABELS ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endfunction()

# sonde_fuzz(NAME SOURCES ... LIBS ...): a libFuzzer program with its corpus in tests/fuzz/corpus/NAME, and a test of
# CTest that runs it for SONDE_FUZZ_SECONDS. Built with clang and SONDE_FUZZ; elsewhere nothing.
set(SONDE_FUZZ_SECONDS 5 CACHE STRING "how long the test of each fuzz target runs")
function(sonde_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  if(NOT SONDE_FUZZ)
    return()
  endif()
  add_executable(fuzz_${name} ${ARG_SOURCES})
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(fuzz_${name} PRIVATE sonde_flags ${ARG_LIBS})
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers)
  endif()
  add_dependencies(fuzzers fuzz_${name})
  # libFuzzer adds what it finds to the first folder; the corpus in the tree grows only by ./dev fuzz.
  set(found ${CMAKE_BINARY_DIR}/fuzz/new/${name})
  set(corpus ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  file(MAKE_DIRECTORY ${found} ${corpus})
  add_test(NAME fuzz.${name} COMMAND fuzz_${name} -max_total_time=${SONDE_FUZZ_SECONDS} -timeout=10 -rss_limit_mb=2048
    -print_final_stats=1 -artifact_prefix=${CMAKE_BINARY_DIR}/fuzz/${name}- ${found} ${corpus})
  math(EXPR limit "${SONDE_FUZZ_SECONDS} + 120")
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${limit})
endfunction()
