; A hundred critical sections, as a kernel with one processor writes them: keep the flags, no interrupts,
; a few instructions, the flags as they were. Each has two instructions that a deprivileged kernel cannot be trusted with.

        org 0x1000
        bits 32

DIRECTORY       equ 0x20000
SECTIONS        equ 100
IF_BIT          equ 9

start:
        mov esp, 0x8000
        mov dword [DIRECTORY], 0x83     ; the first 4 MiB, where they are: present, writable, one large page
        mov eax, 1 << 4
        mov cr4, eax                    ; CR4.PSE
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 1 << 31 | 1 << 16
        mov cr0, eax                    ; CR0.PG and CR0.WP
        sti
        mov ecx, SECTIONS
        xor ebx, ebx
;@ milestone sections
.next:
        pushfd
        cli
        inc ebx                         ; nobody comes in between
        popfd                           ; IF as it was: 1
        dec ecx
        jnz .next

;@ milestone sections-over
        pushfd
        pop eax
        shr eax, IF_BIT
        and al, 1                       ; what the processor says that IF is
        add al, '0'
        mov dx, 0x3F8
        out dx, al
        mov al, 10
        out dx, al
        hlt                             ; IF = 1: it waits for interrupts, of which there are none
