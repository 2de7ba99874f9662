; A kernel works, and protects each step of a sum by switching interrupts off and on again.

        org 0x1000
        bits 32

WORK    equ 100
STEPS   equ 3

start:
        mov esp, 0x8000
;@ milestone ready
        mov eax, cr0            ; how is this machine set up?
;@ milestone asked
        mov ebx, eax
        mov ecx, WORK
;@ milestone work
.work:  imul eax, eax, 5        ; nobody's business but its own
        dec ecx
        jnz .work
;@ milestone worked
        xor eax, eax
        mov ecx, STEPS
.next:
        cli                     ; nobody comes in between
        add eax, ecx
        sti
        dec ecx
        jnz .next
;@ milestone summed
        add al, '0'
        mov dx, 0x3F8
        out dx, al
        cli
        hlt
