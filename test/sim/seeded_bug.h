// Which of the seeded bugs is switched on. Only builds of the sources that seed_bugs.py makes know
// of it.
#pragma once

namespace roundhouse::test {

// 0: none; else the place in the lists, one after another, from 1. To be set before threads begin.
inline int seeded_bug = 0;

}  // namespace roundhouse::test
