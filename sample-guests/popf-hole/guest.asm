; The hole in classic x86: POPF at a ring that may not change IF neither changes it nor faults.
; The guest switches interrupts on, switches them off again by POPF, and asks PUSHF what came of it.

        org 0x1000

%ifdef XEN_PV
; The port for Xen. A kernel at ring 3 has no IF that it could change; it has a byte in the page that it shares with Xen.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the shared page is mapped here, on top of an empty one
MEMORY_END      equ 0x4000

UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32    ; update_va_mapping
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

UPCALL_MASK     equ SHARED_INFO + 1     ; 1: no events, please

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                ; an executable for x86-64
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7                 ; this file is loaded, with empty pages behind it,
        dq 0, file, file, file_end - file, MEMORY_END - 0x1000, 0x1000
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
        bits 32

IF_BIT  equ 9
%endif

start:
%ifdef XEN_PV
        mov rsi, [rsi + 40]     ; RSI: start_info; its shared_info is the page's machine address
        or rsi, 3               ; present and writable
        mov edi, SHARED_INFO
        mov edx, 2              ; UVMF_INVLPG
        call UPDATE_VA
        mov byte [UPCALL_MASK], 0       ; in place of STI
;@ milestone before-popf
        mov byte [UPCALL_MASK], 1       ; in place of POPF: no events from here on
;@ milestone after-popf
        mov bl, [UPCALL_MASK]           ; in place of PUSHF
        xor bl, 1

        add bl, '0'
        mov [digit], bl
        xor edi, edi            ; CONSOLEIO_write
        mov esi, reason - text
        mov edx, text
        call CONSOLE_IO
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP           ; does not return

text:   db "IF="
digit:  db 0, 10
reason: dd 0                    ; SHUTDOWN_poweroff
file_end:
%else
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
%endif
