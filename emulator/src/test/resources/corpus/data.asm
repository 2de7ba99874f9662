; Data, structures and expressions.
bits 16
%define x(a) a+1
        struc pt
.x: resw 1
.y: resd 1
        endstruc
        dw pt, pt.x, pt.y, pt_size
        istruc pt
        at pt.x, dw 5
        at pt.y, dd 6
        iend
section .data align=16
        db 5
section .bss
        absolute 0x500
q: resb 4
r: resw 2
section .text
        dw q, r, x(3)
%assign used $-$$
        dw used
%if $-$$ > 5
        db 0x77
%endif
        dd 1.5, 'abc', "ab"
        dq 1.5, 'abcdefghi'
        dw 'abc'
        db 'a'+1, -1, `\n\x41`, "it's", '', 5
        db 1,2 ; x
        times 3 dw $
        db 17o, 0q17, 1010b, 0b11, $1f, 0x1f, 1fh, 0h1f, 99d, 1_0
