; Adds two and two in real mode, writes the digit and a newline to the serial port, and halts.
; Three of its nine instructions talk to the outside: the two OUTs and the HLT.

        org 0x1000
%ifdef XEN_PV
; The port for Xen. It starts no bare bytes, but an ELF file whose notes say how to build a domain for it; there is no
; real mode, no serial port and nothing to halt, but a page of ways to ask the hypervisor.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                ; an executable for x86-64
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7                 ; this file is loaded, with an empty page behind it,
        dq 0, file, file, file_end - file, 0x2000, 0x1000
        dd 4, 4                 ; and has notes
        dq notes - file, notes, notes, notes_end - notes, notes_end - notes, 4

%macro note 2+                  ; type, value
        dd 4, %%end - %%value, %1
        db "Xen", 0
%%value: %2
%%end:  align 4, db 0
%endmacro

notes:  note 5, db "xen-3.0", 0         ; the interface
        note 8, db "generic", 0         ; the loader
        note 3, dq 0                    ; frame 0 of the domain is mapped to address 0
        note 1, dq start
        note 2, dq HYPERCALL_PAGE
notes_end:
%elifdef XEN_PVH
; The port for a domain on virtualizing hardware: it starts in 32-bit protected mode, without paging, and without any device
; but the local APIC. The page of ways to ask the hypervisor is the guest's own; Xen fills it where it is asked to.
        bits 32

HYPERCALL_PAGE  equ 0x2000
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

file:   db 0x7F, "ELF", 1, 1, 1, 0
        dq 0
        dw 2, 3                 ; an executable for 32-bit x86
        dd 1
        dd start, headers - file, 0
        dd 0
        dw 52, 32, 2, 40, 0, 0
headers:
        dd 1, 0, file, file     ; this file is loaded, with an empty page behind it,
        dd file_end - file, 0x2000, 7, 0x1000
        dd 4, notes - file, notes, notes        ; and has notes
        dd notes_end - notes, notes_end - notes, 4, 4

notes:  dd 4, 4, 18             ; PHYS32_ENTRY
        db "Xen", 0
        dd start
notes_end:
%else
        bits 16
%endif

start:
%ifdef XEN_PVH
        mov esp, file           ; a stack below the file
        mov eax, 0x40000002     ; the leaf that says which register fills the page: EBX
        cpuid
        mov ecx, ebx
        mov eax, HYPERCALL_PAGE
        xor edx, edx
        wrmsr
%endif
        mov al, 2
        mov bl, 2
        add al, bl              ; ordinary arithmetic: runs on the processor in every mode
;@ milestone added
        add al, '0'             ; 4 becomes the character '4'
%ifdef XEN_PV
        mov [text], al
        xor edi, edi            ; CONSOLEIO_write,
        mov esi, 2              ; two characters,
        mov edx, text
        call CONSOLE_IO
;@ milestone printed
        mov edi, 2              ; SCHEDOP_shutdown,
        mov esi, reason
        call SCHED_OP           ; does not return

text:   db 0, 10
        align 4, db 0
reason: dd 0                    ; SHUTDOWN_poweroff
file_end:
%elifdef XEN_PVH
        mov [text], al
        xor ebx, ebx            ; CONSOLEIO_write,
        mov ecx, 2              ; two characters,
        mov edx, text
        call CONSOLE_IO
;@ milestone printed
        mov ebx, 2              ; SCHEDOP_shutdown,
        mov ecx, reason
        call SCHED_OP           ; does not return

text:   db 0, 10
        align 4, db 0
reason: dd 0                    ; SHUTDOWN_poweroff
file_end:
%else
        mov dx, 0x3F8           ; the data register of COM1
        out dx, al              ; somebody must stand behind this port
        mov al, 10              ; newline
        out dx, al
;@ milestone printed
        hlt                     ; interrupts are off, so nothing will ever wake it
%endif
