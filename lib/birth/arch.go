package birth

import "runtime"

// arch is the machine that programs have to be for.
const arch = runtime.GOARCH
