// The frozen layout once more, as C++20 sees it: both languages must agree.
#define sonde_abi_layout_checked sonde_abi_layout_checked_cpp
#include "layout.c"
