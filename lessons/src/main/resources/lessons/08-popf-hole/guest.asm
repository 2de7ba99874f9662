; A kernel switches interrupts off the long way: it loads its flags with POPFD. Then it asks PUSHFD what came of it.

        org 0x1000
        bits 32

IF_BIT  equ 9

start:
        mov esp, 0x8000
        sti                     ; interrupts on
;@ milestone on
        push 2                  ; flags with IF = 0; bit 1 is always 1
;@ milestone before
        popfd                   ; meant: interrupts off
;@ milestone after
        pushfd
        pop ebx
        shr ebx, IF_BIT
        and bl, 1               ; what the processor says that IF is
;@ milestone asked

        mov esi, text
        mov ecx, 3
        mov dx, 0x3F8
        rep outsb
        mov al, bl
        add al, '0'
        out dx, al
        mov al, 10
        out dx, al
        hlt                     ; the end, if nothing may interrupt

text:   db "IF="
