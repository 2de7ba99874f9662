; The hole in classic x86: POPF at a ring that may not change IF neither changes it nor faults.
; The guest switches interrupts on, switches them off again by POPF, and asks PUSHF what came of it.

        org 0x1000
        bits 32

IF_BIT  equ 9

start:
        mov esp, 0x8000
        sti                     ; IF = 1
        push 2                  ; flags with IF = 0; bit 1 is always 1
;@ milestone before-popf
        popfd                   ; meant: no interrupts from here on
;@ milestone after-popf
        pushfd
        pop ebx
        shr ebx, IF_BIT
        and bl, 1               ; what the processor says that IF is

        mov dx, 0x3F8
        mov al, 'I'
        out dx, al
        mov al, 'F'
        out dx, al
        mov al, '='
        out dx, al
        mov al, bl
        add al, '0'
        out dx, al
        mov al, 10
        out dx, al
        hlt                     ; IF = 0: the end. IF = 1: it waits for interrupts
