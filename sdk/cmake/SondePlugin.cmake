# sonde_add_plugin(ID SOURCES ... [LIBS ...])
#
# Builds the plugin library ID.so: one exported symbol, nothing of the host linked, no undefined symbols. The version
# script and -fno-gnu-unique keep libstdc++'s template instances inside, which hidden visibility alone does not.

function(sonde_add_plugin id)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  string(MAKE_C_IDENTIFIER "plugin_${id}" target)
  add_library(${target} MODULE ${ARG_SOURCES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${id}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("CXX" IN_LIST languages)  # a project in C alone has no such feature
    target_compile_features(${target} PRIVATE cxx_std_20)
  endif()
  if("C" IN_LIST languages)
    target_compile_features(${target} PRIVATE c_std_99)
  endif()
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${target} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  if(NOT SONDE_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  target_link_libraries(${target} PRIVATE sonde::sdk ${ARG_LIBS})
  if(SONDE_PLUGIN_OUTPUT_DIR)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${SONDE_PLUGIN_OUTPUT_DIR})
  endif()
  set(SONDE_PLUGIN_TARGET ${target} PARENT_SCOPE)
endfunction()
