#include "textflag.h"

// The kernel calls caught with the number of the signal in DI, on the signal
// stack of the thread (signal(7), SA_ONSTACK). It writes that number to the
// pipe and touches nothing of Go's.
TEXT caught<>(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	DI
	MOVQ	·catchPipe(SB), DI
	MOVQ	SP, SI
	MOVQ	$1, DX
	MOVQ	$1, AX	// write
	SYSCALL
	POPQ	DI
	RET

// caught returns here (sigreturn(2), SA_RESTORER).
TEXT restorer<>(SB),NOSPLIT|NOFRAME,$0
	MOVQ	$15, AX	// rt_sigreturn
	SYSCALL
	INT	$3

// func handler() (caught, restorer uintptr)
TEXT ·handler(SB),NOSPLIT,$0-16
	LEAQ	caught<>(SB), AX
	MOVQ	AX, caught+0(FP)
	LEAQ	restorer<>(SB), AX
	MOVQ	AX, restorer+8(FP)
	RET
