; A hundred critical sections, as a kernel with one processor writes them: keep the flags, no interrupts,
; a few instructions, the flags as they were. Each has two instructions that a deprivileged kernel cannot be trusted with.

        org 0x1000

SECTIONS        equ 100

%ifdef XEN_PV
; The port for Xen. Flags and interrupts are two bytes in the page that is shared with Xen, and a section leaves the guest only if
; something has come meanwhile. So that something does, the guest sends itself an event in the middle of section 50.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the shared page is mapped here, on top of an empty one
MEMORY_END      equ 0x4000

SET_CALLBACKS   equ HYPERCALL_PAGE + 4 * 32
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32    ; update_va_mapping
XEN_VERSION     equ HYPERCALL_PAGE + 17 * 32
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32
EVENT_OP        equ HYPERCALL_PAGE + 32 * 32    ; event_channel_op

UPCALL_PENDING  equ SHARED_INFO + 0     ; an event has come;
UPCALL_MASK     equ SHARED_INFO + 1     ; 1: it has to wait
PENDING_WORDS   equ SHARED_INFO + 8
PENDING         equ SHARED_INFO + 0x800

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

DIRECTORY       equ 0x20000
IF_BIT          equ 9
%endif

start:
%ifdef XEN_PV
        mov rsi, [rsi + 40]     ; RSI: start_info; its shared_info is the page's machine address
        or rsi, 3               ; present and writable
        mov edi, SHARED_INFO
        mov edx, 2              ; UVMF_INVLPG
        call UPDATE_VA
        mov edi, event          ; the event callback;
        xor esi, esi            ; no failsafe callback,
        xor edx, edx            ; and no system calls
        call SET_CALLBACKS
        mov edi, 7              ; EVTCHNOP_bind_ipi: a port by which a processor tells another, or itself
        mov esi, binding
        call EVENT_OP
        mov byte [UPCALL_MASK], 0       ; in place of STI
        mov ebp, SECTIONS
        xor ebx, ebx
;@ milestone sections
.next:
        mov r12b, [UPCALL_MASK]         ; in place of PUSHF,
        mov byte [UPCALL_MASK], 1       ; of CLI,
        inc ebx                         ; nobody comes in between
        cmp ebx, SECTIONS / 2
        je .middle
.end:
        mov [UPCALL_MASK], r12b         ; and of POPF
        test r12b, r12b
        jnz .masked
        cmp byte [UPCALL_PENDING], 0    ; has something come meanwhile?
        jne .late
.masked:
        dec ebp
        jnz .next

;@ milestone sections-over
        mov al, [UPCALL_MASK]
        xor al, 1
        add al, '0'
        call put
        mov al, 10
        call put
        mov edi, 2                      ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP                   ; does not return

.middle:
        mov al, '('
        call put
        mov edi, 4                      ; EVTCHNOP_send
        mov esi, port
        call EVENT_OP
        mov al, ')'
        call put
        jmp .end

; Any hypercall will do: Xen looks for events on the way back.
.late:
        xor edi, edi                    ; XENVER_version
        call XEN_VERSION
        jmp .masked

; Xen has switched events off, and pushed SS, RSP, RFLAGS, CS, RIP, R11 and RCX; the hypercall iret puts back all of them.
event:
;@ milestone event
        push rax
        push rdx
        push rsi
        push rdi
        mov byte [UPCALL_PENDING], 0
        xor eax, eax
        xchg rax, [PENDING_WORDS]       ; words of the port bits in which something happened: the first
        mov eax, [port]
        lock btr [PENDING], rax
        mov al, '!'
        call put
        pop rdi
        pop rsi
        pop rdx
        pop rax
        pop rcx
        pop r11
        push 0                          ; not from a system call: RCX and R11 count
        jmp XEN_IRET

; Prints AL.
put:
        mov [letter], al
        xor edi, edi                    ; CONSOLEIO_write
        mov esi, 1
        mov edx, letter
        jmp CONSOLE_IO

letter: db 0
        align 4, db 0
binding:
        dd 0                            ; processor 0;
port:   dd 0                            ; Xen writes the port here
reason: dd 0                            ; SHUTDOWN_poweroff
file_end:
%else
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
%endif
