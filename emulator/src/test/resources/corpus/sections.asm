; Sections of a flat program.
org 0x7c00
bits 16
section .data
d: db 1,2,3
section .text
        mov ax,d
        mov bx,b
        mov cx,u
section .bss
b: resb 5
b2: resw 1
section .user
u: db 9
section .data
d2: db 4
        align 16
        dw b2
section .rodata align=8
        dw $, $$, d2-d
section .text
        nop
        align 4
        db 0xcc
