; Domain 0 of a machine whose other domain runs on virtualizing hardware (HVM): a kernel for Xen, and in it a device model, which is the part of QEMU
; on real systems. It serves one device, the serial port COM1. Xen stops domain 1 at an IN or OUT, writes into a page that both share what
; was asked for (struct ioreq), and sends an event; this code does it, writes the answer into the same page, and sends an event back.
; Domain 1 is not trusted: a request names a port of ours by Xen's word, but its data may be an address, and that is checked by Xen
; when the page is mapped.

        org 0x100000
        bits 64

BASE            equ 0x100000
HYPERCALL_PAGE  equ BASE + 0x2000
SHARED_INFO     equ BASE + 0x3000
REQUEST         equ BASE + 0x4000       ; the shared page is mapped on top of this empty one,
DATA            equ BASE + 0x5000       ; and domain 1's memory, a page at a time, on this one
TEXT            equ BASE + 0x6000       ; what one request prints
STACK           equ BASE + 0x8000
MEMORY_END      equ BASE + 0x8000

CALLBACKS       equ HYPERCALL_PAGE + 4 * 32
MEMORY_OP       equ HYPERCALL_PAGE + 12 * 32
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
UPDATE_VA_OTHER equ HYPERCALL_PAGE + 22 * 32
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32
EVENT_OP        equ HYPERCALL_PAGE + 32 * 32
DOMCTL          equ HYPERCALL_PAGE + 36 * 32
DM_OP           equ HYPERCALL_PAGE + 41 * 32

UPCALL_PENDING  equ SHARED_INFO
UPCALL_MASK     equ SHARED_INFO + 1
PENDING_SEL     equ SHARED_INFO + 8
EVENTS_PENDING  equ SHARED_INFO + 0x800

DOMU            equ 1           ; the domain that is served
COM1            equ 0x3F8
COM1_IRQ        equ 4
MOST            equ 4096        ; elements of a request

; struct ioreq.
ADDR            equ REQUEST
IO_DATA         equ REQUEST + 8
COUNT           equ REQUEST + 16
SIZE            equ REQUEST + 20
VP_EPORT        equ REQUEST + 24
FLAGS           equ REQUEST + 30
STATE           equ 0xF
READY           equ 1
INPROCESS       equ 2
RESP_READY      equ 3
DATA_IS_PTR     equ 4           ; numbers of bits
DIR_READ        equ 5
DF              equ 6

; The port's registers, and bits of them.
DLAB            equ 7           ; of the line control register
OUT2            equ 3           ; of the modem control register
RECEIVED        equ 0           ; of the interrupt enable register
SENT            equ 1

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

; An ioreq server for domain 1: its page, its ports, and then it counts.
        mov esi, create
        call dm_op
        mov eax, [server]       ; it goes where the other operations name it
        mov [resource_id], eax
        mov [range_id], ax
        mov [enable_id], ax
        mov edi, 28             ; XENMEM_acquire_resource
        mov esi, resource
        call MEMORY_OP
        mov rsi, [frame]
        mov edi, REQUEST
        call map
        mov esi, map_range
        call dm_op
        mov esi, enable
        call dm_op
        mov eax, [VP_EPORT]     ; now the port is in the page
        mov [bind_remote], eax
        xor edi, edi            ; EVTCHNOP_bind_interdomain
        mov esi, bind_request
        call EVENT_OP
        mov edi, 1              ; EVTCHNOP_bind_virq: something was typed
        mov esi, virq
        call EVENT_OP
        mov edi, unpause
        call DOMCTL             ; domain 1 may run

; Sleeps until there are events, and serves them, with events masked meanwhile.
serve:
        mov byte [UPCALL_MASK], 1
        xor eax, eax
        xchg rax, [events]
        test rax, rax
        jnz .some
        mov edi, 1              ; SCHEDOP_block
        xor esi, esi
        call SCHED_OP
        jmp serve
.some:
        mov rbp, rax
        mov ecx, [virq_port]
        bt rbp, rcx
        jnc .no_typing
        call receive
        call drive_line
.no_typing:
        mov ecx, [request_port]
        bt rbp, rcx
        jnc serve
        call serve_request
        jmp serve

; Xen goes on here when an event is pending and none are masked: it is only noted.
upcall:
        push rax
        mov byte [UPCALL_PENDING], 0
        xor eax, eax
        xchg rax, [PENDING_SEL]
        xor eax, eax
        xchg rax, [EVENTS_PENDING]      ; ports below 64
        or [events], rax
        pop rax
        pop rcx
        pop r11
        push 0                  ; RCX and R11 count
        jmp XEN_IRET
failsafe:
        ud2

; The device-model operation at ESI.
dm_op:
        mov [buffer], rsi
        mov edi, DOMU
        mov esi, 1
        mov edx, buffer
        jmp DM_OP

; Maps domain 1's frame RSI at the address EDI. RAX is not 0 where that cannot be.
map:
        shl rsi, 12
        or rsi, 7               ; present, writable, user
        mov edx, 2              ; UVMF_INVLPG
        mov r10d, DOMU
        jmp UPDATE_VA_OTHER

; Does what the page asks for, if it does.
serve_request:
        mov al, [FLAGS]
        mov bl, al
        and al, STATE
        cmp al, READY
        jne .done               ; an event without a request
        mov al, bl
        and al, 0xF0
        or al, INPROCESS
        mov [FLAGS], al
        mov r12, [ADDR]
        sub r12d, COM1          ; which register
        mov r13d, [SIZE]
        mov r14d, [COUNT]
        mov r15, [IO_DATA]
        mov dword [text_length], 0
        bt ebx, DATA_IS_PTR
        jc .string
        bt ebx, DIR_READ
        jc .read
        mov [value], r15
        call write_element
        jmp .answer
.read:
        call read_element
        mov rax, [value]
        mov [IO_DATA], rax
        jmp .answer
.string:
        cmp r14d, MOST
        ja .answer
.element:
        test r14d, r14d
        jz .answer
        bt ebx, DIR_READ
        jc .read_one
        call fetch_element
        call write_element
        jmp .one_done
.read_one:
        call read_element
        call store_element
.one_done:
        movsxd rax, r13d
        bt ebx, DF
        jnc .up
        neg rax
.up:
        add r15, rax
        dec r14d
        jmp .element
.answer:
        call print
        call drive_line
        mov al, [FLAGS]
        and al, 0xF0
        or al, RESP_READY
        mov [FLAGS], al
        mov edi, 4              ; EVTCHNOP_send
        mov esi, request_port
        call EVENT_OP
.done:
        ret

; An element of a string, R13 bytes at domain 1's address R15, to value and back. Where there is no memory, zeros are read.
fetch_element:
        mov qword [value], 0
        xor r8d, r8d
.next:
        call place
        jc .hole
        mov al, [rdi]
        mov [value + r8], al
.hole:
        inc r8d
        cmp r8d, r13d
        jb .next
        ret
store_element:
        xor r8d, r8d
.next:
        call place
        jc .hole
        mov al, [value + r8]
        mov [rdi], al
.hole:
        inc r8d
        cmp r8d, r13d
        jb .next
        ret

; Where byte R8 of the element is mapped: RDI. Carry: nowhere.
place:
        lea rsi, [r15 + r8]
        mov edi, esi
        and edi, 0xFFF
        add edi, DATA
        shr rsi, 12
        cmp rsi, [mapped]
        je .there
        push rdi
        push r8
        mov qword [mapped], -1
        mov [wanted], rsi
        mov edi, DATA
        call map
        pop r8
        pop rdi
        test rax, rax
        stc
        jnz .nowhere
        mov rax, [wanted]
        mov [mapped], rax
.there:
        clc
.nowhere:
        ret

; The port is eight bits wide: an access of more is one to each of its bytes' registers.
write_element:
        xor r8d, r8d
.next:
        lea ecx, [r12 + r8]
        and ecx, 7
        movzx eax, byte [value + r8]
        call write_register
        inc r8d
        cmp r8d, r13d
        jb .next
        ret
read_element:
        mov qword [value], 0
        xor r8d, r8d
.next:
        lea ecx, [r12 + r8]
        and ecx, 7
        call read_register
        mov [value + r8], al
        inc r8d
        cmp r8d, r13d
        jb .next
        ret

; The serial port, a 16450 whose line is Xen's console: what is sent leaves at once, and nothing arrives while the last byte waits.

; AL to register ECX.
write_register:
        cmp ecx, 1
        ja .other
        bt dword [line_control], DLAB
        jc .divisor
        test ecx, ecx
        jz .send
        and eax, 0xF
        mov edx, [interrupt_enable]
        not edx
        and edx, eax
        bt edx, SENT            ; to enable the interrupt of an empty transmitter raises it
        jnc .enable
        mov byte [sent], 1
.enable:
        mov [interrupt_enable], eax
        ret
.send:
        mov edx, [text_length]
        mov [TEXT + rdx], al
        inc dword [text_length]
        mov byte [sent], 1
        ret
.divisor:
        mov [divisor + rcx], al
        ret
.other:
        cmp ecx, 3
        jb .done                ; there is no queue to control
        cmp ecx, 5
        je .done
        cmp ecx, 6
        je .done
        mov [registers + rcx * 4], eax
.done:
        ret

; Register ECX to AL.
read_register:
        cmp ecx, 1
        ja .other
        bt dword [line_control], DLAB
        jc .divisor
        mov eax, [interrupt_enable]
        test ecx, ecx
        jnz .done
        mov al, [received]
        mov byte [received], 0
        mov byte [is_there], 0
        push rax
        push rcx
        push r8
        call receive
        pop r8
        pop rcx
        pop rax
.done:
        ret
.divisor:
        mov al, [divisor + rcx]
        ret
.other:
        cmp ecx, 2
        je .identify
        cmp ecx, 5
        je .line
        cmp ecx, 6
        je .modem
        mov eax, [registers + rcx * 4]
        ret
.line:
        mov al, [is_there]
        or al, 0x60             ; the transmitter is empty
        ret
.modem:
        mov al, 0xB0            ; the far end is there
        ret
.identify:
        call source
        cmp al, 2
        jne .done
        mov byte [sent], 0      ; told of now
        ret

; Which interrupt is pending: 4 received, 2 sent, 1 none, in AL.
source:
        mov al, [interrupt_enable]
        and al, [is_there]
        test al, 1
        mov al, 4
        jnz .done
        bt dword [interrupt_enable], SENT
        jnc .none
        cmp byte [sent], 0
        mov al, 2
        jne .done
.none:
        mov al, 1
.done:
        ret

; The interrupt request to domain 1, where it changes.
drive_line:
        call source
        cmp al, 1
        setne al
        mov cl, [modem_control]
        shr cl, OUT2            ; lets it through
        and al, cl
        and al, 1
        cmp al, [level]
        je .done
        mov [level], al
        mov esi, isa_line
        call dm_op
.done:
        ret

; Takes a typed byte from Xen's console, if the last one is gone.
receive:
        cmp byte [is_there], 0
        jne .done
        mov edi, 1              ; CONSOLEIO_read
        mov esi, 1
        mov edx, received
        call CONSOLE_IO
        cmp rax, 1
        jne .done
        mov byte [is_there], 1
.done:
        ret

; What was sent, to Xen's console.
print:
        mov esi, [text_length]
        test esi, esi
        jz .done
        xor edi, edi            ; CONSOLEIO_write
        mov edx, TEXT
        call CONSOLE_IO
.done:
        ret

        align 8, db 0
events:         dq 0
value:          dq 0
wanted:         dq 0
mapped:         dq -1           ; domain 1's frame at DATA
text_length:    dd 0

registers:      dd 0            ; by their numbers; those that need no more than to be kept
interrupt_enable: dd 0
                dd 0
line_control:   dd 0
modem_control:  dd 0
                dd 0, 0
scratch:        dd 0
divisor:        db 12, 0
received:       db 0
is_there:       db 0
sent:           db 0

        align 8, db 0
buffer:         dq 0, 40        ; struct xen_dm_op_buf: address and size

create:         dd 1, 0         ; XEN_DMOP_create_ioreq_server
                dd 0            ; HVM_IOREQSRV_BUFIOREQ_OFF
server:         dd 0
                times 24 db 0

map_range:      dd 3, 0         ; XEN_DMOP_map_io_range_to_ioreq_server
range_id:       dw 0, 0
                dd 0            ; ports
                dq COM1, COM1 + 7
                dq 0

enable:         dd 5, 0         ; XEN_DMOP_set_ioreq_server_state
enable_id:      dw 0
                db 1, 0
                times 28 db 0

isa_line:       dd 9, 0         ; XEN_DMOP_set_isa_irq_level
                db COM1_IRQ
level:          db 0
                times 30 db 0

resource:       dw DOMU, 0      ; XENMEM_resource_ioreq_server
resource_id:    dd 0
                dd 1, 0         ; one frame
                dq 1            ; XENMEM_resource_ioreq_server_frame_ioreq(0)
                dq frame
frame:          dq 0

bind_request:   dd DOMU
bind_remote:    dd 0
request_port:   dd 0            ; bound by the first, and sent by
virq:           dd 2, 0         ; VIRQ_CONSOLE
virq_port:      dd 0

        align 8, db 0
unpause:        dd 4, 0x17      ; XEN_DOMCTL_unpausedomain, the interface's version
                dw DOMU, 0, 0, 0
                times 128 db 0
file_end:
