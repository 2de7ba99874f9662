; A program that writes its own instructions: the one that comes next, the number in a loop, and a piece of code on its stack.
; Code, variables and stack share one page. To a processor an instruction is what lies in memory when it is fetched; whoever
; runs something else in its place must notice each of these writes.

        org 0x1000

%ifdef XEN_PV
; The port for Xen differs in how it prints and ends. A page like this is nothing special to Xen: only page tables and descriptors may not be written.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

%macro put_character 0          ; AL
        mov [letter], al
        xor edi, edi            ; CONSOLEIO_write
        mov esi, 1
        mov edx, letter
        call CONSOLE_IO
%endmacro

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

letter: db 0
        align 4, db 0
reason: dd 0                    ; SHUTDOWN_poweroff
%else
        bits 32

COM1    equ 0x3F8

%macro put_character 0          ; AL
        out dx, al
%endmacro
%endif

start:
        mov esp, 0x2000         ; the stack is the end of this page
%ifndef XEN_PV
        mov dx, COM1
%endif

; The next instruction.
        mov byte [next + 1], 'B'
;@ milestone next-rewritten
next:   mov al, 'A'             ; B0 41: the second byte is the letter
        put_character

; A loop without a register that counts: its count is the number in its first instruction.
;@ milestone loop
count:  mov al, '0'
        put_character
        inc byte [count + 1]
        cmp byte [count + 1], '5'
        jne count

; Three instructions on the stack: B0 53 is MOV AL, 'S', C3 is RET, 90 is NOP.
;@ milestone stack
        push 0x90C353B0 - (1 << 32)     ; a negative number: 64-bit code extends its sign
%ifdef XEN_PV
        call rsp
%else
        call esp
%endif
        put_character
;@ milestone back
        mov al, 10
        put_character
%ifdef XEN_PV
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP           ; does not return
file_end:
%else
        hlt                     ; interrupts are off: the end
%endif
