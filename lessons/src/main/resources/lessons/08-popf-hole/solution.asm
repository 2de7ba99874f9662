; The kernel keeps a flag of its own, as kernels for Xen do, and changes the real one only by instructions that fault where they
; may not change it.

        org 0x1000
        bits 32

start:
        mov esp, 0x8000
        sti                     ; interrupts on
        mov byte [flag], 1
        cli                     ; interrupts off: whoever watches is told
        mov byte [flag], 0
        mov bl, [flag]          ; what the kernel knows that IF is

        mov esi, text
        mov ecx, 3
        mov dx, 0x3F8
        rep outsb
        mov al, bl
        add al, '0'
        out dx, al
        mov al, 10
        out dx, al
        hlt

text:   db "IF="
flag:   db 0
