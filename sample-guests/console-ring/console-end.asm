; Domain 0 with the other end of domain 1's console, as xenconsoled is on real systems: a page that domain 1 and this kernel share, with a ring of bytes
; in it, and an event channel by which each tells the other. This kernel has no device model: domain 1's ports are nobody's.
; Domain 1 is not trusted: how many bytes there are is its word, and more than the ring holds is not believed.

        org 0x100000
        bits 64

BASE            equ 0x100000
HYPERCALL_PAGE  equ BASE + 0x2000
SHARED_INFO     equ BASE + 0x3000
CONSOLE         equ BASE + 0x4000       ; domain 1's page is mapped on top of this empty one
TEXT            equ BASE + 0x5000
STACK           equ BASE + 0x7000
MEMORY_END      equ BASE + 0x7000

CALLBACKS       equ HYPERCALL_PAGE + 4 * 32
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
GRANT_OP        equ HYPERCALL_PAGE + 20 * 32
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32
EVENT_OP        equ HYPERCALL_PAGE + 32 * 32
DOMCTL          equ HYPERCALL_PAGE + 36 * 32

UPCALL_PENDING  equ SHARED_INFO
UPCALL_MASK     equ SHARED_INFO + 1
PENDING_SEL     equ SHARED_INFO + 8
EVENTS_PENDING  equ SHARED_INFO + 0x800

DOMU            equ 1
CONSOLE_GRANT   equ 0                   ; the toolstack has granted the page by this entry of domain 1's table,
CONSOLE_PORT    equ 2                   ; and made this port of domain 1's

OUT_RING        equ CONSOLE + 0x400
OUT_SIZE        equ 2048
OUT_CONS        equ CONSOLE + 0xC08
OUT_PROD        equ CONSOLE + 0xC0C

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7
        dq 0, file, file, file_end - file, MEMORY_END - BASE, 0x1000
        dd 4, 4
        dq notes - file, notes, notes, notes_end - notes, notes_end - notes, 4

%macro note 2+                  ; type, value
        dd 4, %%end - %%value, %1
        db "Xen", 0
%%value: %2
%%end:  align 4, db 0
%endmacro

notes:  note 5, db "xen-3.0", 0
        note 8, db "generic", 0
        note 3, dq 0
        note 1, dq start
        note 2, dq HYPERCALL_PAGE
notes_end:

start:
        mov esp, STACK
        mov rsi, [rsi + 40]     ; start_info: the machine address of shared_info
        or rsi, 3
        mov edi, SHARED_INFO
        mov edx, 2              ; UVMF_INVLPG
        call UPDATE_VA
        mov edi, upcall
        mov esi, failsafe
        xor edx, edx
        call CALLBACKS
        xor edi, edi            ; GNTTABOP_map_grant_ref
        mov esi, mapping
        mov edx, 1
        call GRANT_OP
        cmp word [status], 0
        jne failsafe
        xor edi, edi            ; EVTCHNOP_bind_interdomain
        mov esi, binding
        call EVENT_OP
        mov edi, unpause
        call DOMCTL             ; domain 1 may run

; Sleeps until there are events, which can only be domain 1's, and takes what is in the ring.
serve:
        mov byte [UPCALL_MASK], 1
        mov edi, 1              ; SCHEDOP_block: unmasks too
        xor esi, esi
        call SCHED_OP
        mov byte [UPCALL_MASK], 1
        mov ecx, [OUT_CONS]
        mov esi, [OUT_PROD]
        sub esi, ecx            ; how many bytes
        jz serve
        cmp esi, OUT_SIZE
        ja serve
        mov edi, TEXT
        mov edx, esi
.next:
        mov eax, ecx
        and eax, OUT_SIZE - 1
        mov al, [OUT_RING + rax]
        mov [rdi], al
        inc ecx
        inc edi
        dec edx
        jnz .next
        mov [OUT_CONS], ecx     ; their places are free
        xor edi, edi            ; CONSOLEIO_write
        mov edx, TEXT
        call CONSOLE_IO
        mov edi, 4              ; EVTCHNOP_send
        mov esi, port
        call EVENT_OP
        jmp serve

; Xen goes on here when an event is pending and none are masked: it only ends the sleep.
upcall:
        push rax
        mov byte [UPCALL_PENDING], 0
        xor eax, eax
        xchg rax, [PENDING_SEL]
        xor eax, eax
        xchg rax, [EVENTS_PENDING]      ; ports below 64
        pop rax
        pop rcx
        pop r11
        push 0                  ; RCX and R11 count
        jmp XEN_IRET
failsafe:
        ud2

        align 8, db 0
mapping:        dq CONSOLE
                dd 2            ; GNTMAP_host_map
                dd CONSOLE_GRANT
                dw DOMU
status:         dw 0
                dd 0
                dq 0

binding:        dd DOMU, CONSOLE_PORT
port:           dd 0

        align 8, db 0
unpause:        dd 4, 0x17      ; XEN_DOMCTL_unpausedomain, the interface's version
                dw DOMU, 0, 0, 0
                times 128 db 0
file_end:
