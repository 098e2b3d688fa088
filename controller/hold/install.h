// Prepares a Pod's volumes, before anything else in it runs.
#pragma once

namespace roundhouse {

// Copies this program to `programs`/hold; makes the folders of `count` slots in `slots`, empties
// those without a holder, and names the incarnation anew unless there is a holder. Returns the exit
// code.
int install(const char* programs, const char* slots, int count);

}  // namespace roundhouse
