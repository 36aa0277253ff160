#include "textflag.h"

// func entry()
// Where the kernel begins, if the linker was told so (-E): before Go's runtime
// makes its monitor thread, which takes the timer slack of the first thread with
// it. The stack and RDX are left as the kernel made them.
TEXT ·entry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0-0
	MOVQ	DX, BX
	MOVQ	$30, DI	// PR_GET_TIMERSLACK
	MOVQ	$157, AX	// prctl
	SYSCALL
	CMPQ	AX, $0
	JLE	runtime
	MOVQ	AX, ·slack(SB)
	MOVQ	$29, DI	// PR_SET_TIMERSLACK
	MOVQ	$1000000, SI	// ns
	MOVQ	$157, AX
	SYSCALL
runtime:
	MOVQ	BX, DX
	JMP	_rt0_amd64_linux(SB)
