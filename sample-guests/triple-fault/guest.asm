; A fault, and no handler. The processor tries to deliver it and faults (two: a double fault), tries to deliver that and faults
; again (three), and shuts down. That ends a machine. Whoever is entered at the end, if anybody is, can tell what happened.

%ifdef CONTAINER
; The port for Linux: a program without a handler. The fault is its kernel's, which ends it by a signal.
        org 0x400000
        bits 64

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                ; an executable for x86-64
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 1, 64, 0, 0
headers:
        dd 1, 7
        dq 0, file, file, file_end - file, file_end - file, 0x1000
%elifdef XEN_PV
; The port for Xen: a kernel that has never called set_trap_table. The fault is Xen's, which ends the domain.
        org 0x1000
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32

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
%else
        org 0x1000
        bits 32

COM1    equ 0x3F8
%endif

BEYOND  equ 0x18                ; the selector of a descriptor that no table here has

start:
%ifdef CONTAINER
        mov eax, 1              ; write
        mov edi, 1
        mov esi, text
        mov edx, text_length
        syscall
%elifdef XEN_PV
        xor edi, edi            ; CONSOLEIO_write
        mov esi, text_length
        mov edx, text
        call CONSOLE_IO
%else
        lidt [no_handlers]
        mov esi, text
        mov ecx, text_length
        mov dx, COM1
.next:
        lodsb
        out dx, al
        dec ecx
        jnz .next
%endif
;@ milestone before-the-fault
        mov eax, BEYOND
        mov ds, eax             ; #GP(18H)

text:   db "no handlers", 10
text_length     equ $ - text

%ifdef CONTAINER
file_end:
%elifdef XEN_PV
file_end:
%else
no_handlers:
        dw 0                    ; an interrupt table that ends before its first entry
        dd 0
%endif
