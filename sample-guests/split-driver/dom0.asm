; Domain 0 of the split drivers: a kernel for Xen like any other, at the same ring, which may ask more of it. It keeps the
; store, prints what domain 1 puts into its console's ring, and serves domain 1's disk, which is memory here. Real systems
; have programs for the first two, xenstored and xenconsoled; here all three are in the kernel.
; Domain 1 is not trusted: what it writes into a shared page is copied first and checked then, and may change at any time.

        org 0x100000
        bits 64

BASE            equ 0x100000
HYPERCALL_PAGE  equ BASE + 0x2000
SHARED_INFO     equ BASE + 0x3000
STORE           equ BASE + 0x4000       ; domain 1's pages are mapped on top of these empty ones
CONSOLE         equ BASE + 0x5000
RING            equ BASE + 0x6000
DATA            equ BASE + 0x7000
MESSAGE         equ BASE + 0x8000       ; a message of the store, 1024 bytes, and behind it
ANSWER          equ BASE + 0x8800       ; the answer's text
STACK           equ BASE + 0xA000
NODES           equ BASE + 0xA000       ; the store: 32 nodes
DISK            equ BASE + 0xC000       ; 16 sectors
MEMORY_END      equ BASE + 0xE000

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

DOMU            equ 1           ; the domain that is served
CONSOLE_GRANT   equ 0           ; what its builder has granted, and the ports that wait there
STORE_GRANT     equ 1
STORE_PORT      equ 1
CONSOLE_PORT    equ 2
VIRQ_CONSOLE    equ 2

; The console's page.
IN_RING         equ 0
IN_SIZE         equ 1024
OUT_RING        equ 0x400
OUT_SIZE        equ 2048
IN_CONS         equ 0xC00
IN_PROD         equ 0xC04
OUT_CONS        equ 0xC08
OUT_PROD        equ 0xC0C

; The store's page.
REQ_RING        equ 0
RSP_RING        equ 0x400
XS_SIZE         equ 1024
REQ_CONS        equ 0x800
REQ_PROD        equ 0x804
RSP_CONS        equ 0x808
RSP_PROD        equ 0x80C
XS_FAULT        equ 0x818       ; what is wrong with the connection

XS_READ         equ 2
XS_WATCH        equ 4
XS_WRITE        equ 11
XS_WATCH_EVENT  equ 15
XS_ERROR        equ 16
ROOM            equ 384         ; for the longest answer and the event of a watch

; A node: its path and its value, each with a zero byte.
NODE            equ 128
NODE_VALUE      equ 80
NODE_COUNT      equ 32

; The block ring.
REQ_PROD_B      equ RING
REQ_EVENT_B     equ RING + 4
RSP_PROD_B      equ RING + 8
RSP_EVENT_B     equ RING + 12
ENTRIES         equ RING + 64
ENTRY           equ 112
RING_ENTRIES    equ 32
SECTORS         equ 16

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
        mov esi, first_nodes    ; what a toolstack writes before it starts a domain
        mov edi, NODES
        mov ecx, first_nodes_end - first_nodes
        rep movsb

; Domain 1's pages and ports, as its builder has left them.
        mov eax, STORE
        mov ecx, STORE_GRANT
        xor edx, edx
        call map
        mov eax, CONSOLE
        mov ecx, CONSOLE_GRANT
        xor edx, edx
        call map
        mov eax, STORE_PORT
        call bind
        mov [store_port], eax
        mov eax, CONSOLE_PORT
        call bind
        mov [console_port], eax
        mov edi, 1              ; EVTCHNOP_bind_virq: something was typed
        mov esi, virq
        call EVENT_OP
        mov edi, unpause
        call DOMCTL             ; now domain 1 may run

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
        mov ecx, [store_port]
        bt rbp, rcx
        jnc .no_store
        call serve_store
.no_store:
        mov ecx, [console_port]
        bt rbp, rcx
        jnc .no_console
        call serve_console
.no_console:
        mov ecx, [virq_port]
        bt rbp, rcx
        jnc .no_typing
        call serve_typing
.no_typing:
        mov ecx, [block_port]
        test ecx, ecx           ; 0: no disk is connected
        jz serve
        bt rbp, rcx
        jnc serve
        call serve_block
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

; Maps the page that domain 1 has granted by reference ECX at the address EAX; EDX 4 for reading only. Status in EAX.
map:
        mov [map_address], rax
        or edx, 2               ; GNTMAP_host_map
        mov [map_flags], edx
        mov [map_reference], ecx
        xor edi, edi            ; GNTTABOP_map_grant_ref
        mov esi, map_request
        mov edx, 1
        call GRANT_OP
        movsx eax, word [map_status]
        ret

; Unmaps what handle ECX has mapped at the address EAX.
unmap:
        mov [unmap_address], rax
        mov [unmap_handle], ecx
        mov edi, 1              ; GNTTABOP_unmap_grant_ref
        mov esi, unmap_request
        mov edx, 1
        call GRANT_OP
        ret

; Binds a port to port EAX of domain 1, and returns it; 0 where that cannot be.
bind:
        mov [bind_remote], eax
        mov dword [bind_local], 0
        xor edi, edi            ; EVTCHNOP_bind_interdomain
        mov esi, bind_request
        call EVENT_OP
        mov eax, [bind_local]
        ret

; Sends an event by the port ECX.
notify:
        mov [send_port], ecx
        mov edi, 4              ; EVTCHNOP_send
        mov esi, send_port
        call EVENT_OP
        ret

; Prints the zero-terminated text at ESI on Xen's console.
print:
        mov edx, esi
        xor esi, esi
.count:
        cmp byte [rdx + rsi], 0
        je print_counted
        inc esi
        jmp .count
print_counted:                  ; ESI bytes at EDX
        xor edi, edi            ; CONSOLEIO_write
        call CONSOLE_IO
        ret

; The console.

serve_console:
        mov ecx, [CONSOLE + OUT_CONS]
        mov r12d, [CONSOLE + OUT_PROD]
        mov eax, r12d
        sub eax, ecx
        jz .done
        cmp eax, OUT_SIZE
        ja .done                ; counts that cannot be: nothing is believed
        mov edi, MESSAGE        ; a copy of its own, as Xen reads in this domain's memory
        xor edx, edx
.next:
        mov esi, ecx
        and esi, OUT_SIZE - 1
        mov al, [CONSOLE + OUT_RING + rsi]
        mov [rdi + rdx], al
        inc edx
        inc ecx
        cmp edx, 512
        je .full
        cmp ecx, r12d
        jne .next
.full:
        mov [CONSOLE + OUT_CONS], ecx
        mov esi, edx
        mov edx, edi
        call print_counted
        mov ecx, [console_port]
        call notify
        jmp serve_console
.done:
        ret

; What was typed at Xen's console goes to domain 1, as much as there is room for.
serve_typing:
        mov edi, 1              ; CONSOLEIO_read
        mov esi, 1
        mov edx, typed
        call CONSOLE_IO
        cmp rax, 1
        jne .done
        mov ecx, [CONSOLE + IN_PROD]
        mov eax, ecx
        sub eax, [CONSOLE + IN_CONS]
        cmp eax, IN_SIZE
        jae serve_typing        ; lost
        mov al, [typed]
        mov edx, ecx
        and edx, IN_SIZE - 1
        mov [CONSOLE + IN_RING + rdx], al
        inc ecx
        mov [CONSOLE + IN_PROD], ecx
        mov ecx, [console_port]
        call notify
        jmp serve_typing
.done:
        ret

; The store: takes one message after the other, as long as a whole one is there and there is room for its answer.

serve_store:
        cmp dword [STORE + XS_FAULT], 0
        jne .done
        mov eax, [STORE + RSP_PROD]
        sub eax, [STORE + RSP_CONS]
        cmp eax, XS_SIZE
        ja .bad_index
        cmp eax, XS_SIZE - ROOM
        ja .done                ; domain 1 must read first
        mov r12d, [STORE + REQ_CONS]
        mov r13d, [STORE + REQ_PROD]
        sub r13d, r12d          ; bytes that are there
        cmp r13d, XS_SIZE
        ja .bad_index
        cmp r13d, 16
        jb .done
        mov ecx, 16
        mov edi, MESSAGE
        call .take
        mov ecx, [MESSAGE + 12]
        cmp ecx, 512            ; longer ones would be asked for by nobody here
        ja .bad_length
        lea eax, [rcx + 16]
        cmp r13d, eax
        jb .done                ; the rest will come
        call .take
        mov byte [rdi], 0
        mov [STORE + REQ_CONS], r12d
        call answer
        mov ecx, [store_port]
        call notify
        jmp serve_store
.bad_index:
        mov dword [STORE + XS_FAULT], 2
        ret
.bad_length:
        mov dword [STORE + XS_FAULT], 3
.done:
        ret
.take:                          ; ECX bytes of the ring from count R12 on
        test ecx, ecx
        jz .taken
        mov esi, r12d
        and esi, XS_SIZE - 1
        mov al, [STORE + REQ_RING + rsi]
        mov [rdi], al
        inc edi
        inc r12d
        dec ecx
        jmp .take
.taken:
        ret

; Answers the message at MESSAGE.
answer:
        mov esi, MESSAGE + 16
        call full_path          ; the path that is meant
        jc .too_long
        mov eax, [MESSAGE]
        cmp eax, XS_READ
        je .read
        cmp eax, XS_WRITE
        je .write
        cmp eax, XS_WATCH
        je .watch
        mov esi, no_such_call
        jmp .fails
.too_long:
        mov esi, too_long
.fails:                         ; the text at ESI, with its zero byte
        mov dword [MESSAGE], XS_ERROR
        call length
        inc ecx
        jmp reply

.read:
        call find
        mov esi, no_such_node
        jc .fails
        lea esi, [rbx + NODE_VALUE]
        call length
        jmp reply               ; a value has no zero byte

.write:
        mov esi, path
        mov edi, own_nodes
        call begins             ; domain 1 may write below its own nodes only
        mov esi, not_allowed
        jnc .fails
        mov esi, MESSAGE + 16   ; the value follows the path's zero byte
        call length
        lea esi, [rsi + rcx + 1]
        mov ecx, MESSAGE + 16
        add ecx, [MESSAGE + 12]
        cmp esi, ecx
        ja .too_long
        call write
        jc .too_long
        mov esi, ok
        mov ecx, 3
        call reply
        call changed            ; who watches it is told
        jmp frontend_changed    ; and it may be the disk's other half

.watch:
        mov esi, MESSAGE + 16
        call length
        lea esi, [rsi + rcx + 1]
        call length
        cmp ecx, 15
        ja .too_long
        mov edi, watch_token
        call copy
        mov esi, path
        mov edi, watch_path
        call copy
        mov esi, ok
        mov ecx, 3
        call reply
        mov esi, watch_path
        jmp fire                ; a new watch is told at once

; Answers with ECX bytes at ESI: the header is the request's, but for the length.
reply:
        mov [MESSAGE + 12], ecx
        push rsi
        push rcx
        mov esi, MESSAGE
        mov ecx, 16
        call put
        pop rcx
        pop rsi
; Puts ECX bytes from ESI into the ring of answers, where there is room.
put:
        mov edx, [STORE + RSP_PROD]
        add [STORE + RSP_PROD], ecx     ; nobody looks before the event
.next:
        test ecx, ecx
        jz .done
        and edx, XS_SIZE - 1
        mov al, [rsi]
        mov [STORE + RSP_RING + rdx], al
        inc esi
        inc edx
        dec ecx
        jmp .next
.done:
        ret

; The node of path was written: a watch on it is told.
changed:
        mov esi, path
        mov edi, watch_path
        cmp byte [rdi], 0
        je .nobody
        call begins
        mov esi, path
        jc fire
.nobody:
        ret

; The event of the watch: the path at ESI, and the token.
fire:
        mov edi, ANSWER
        call copy
        inc edi
        mov esi, watch_token
        call copy
        inc edi
        sub edi, ANSWER
        mov dword [MESSAGE], XS_WATCH_EVENT
        mov qword [MESSAGE + 4], 0      ; of no request, in no transaction
        mov esi, ANSWER
        mov ecx, edi
        jmp reply

; Nodes.

; Makes path of the text at ESI: one that does not begin with "/" is domain 1's own. Carry: too long.
full_path:
        mov edi, path
        cmp byte [rsi], '/'
        je .own
        push rsi
        mov esi, own_nodes
        call copy
        pop rsi
.own:
        call length
        lea eax, [rdi + rcx]
        cmp eax, path + NODE_VALUE - 1
        ja .long
        call copy
        clc
        ret
.long:
        stc
        ret

; The node of path in RBX. Carry: there is none, and RBX is where one could be, or 0.
find:
        mov ebx, NODES
.next:
        cmp byte [rbx], 0
        je .none
        mov esi, path
        mov edi, ebx
        call same
        je .found
        add ebx, NODE
        cmp ebx, NODES + NODE_COUNT * NODE
        jne .next
        xor ebx, ebx
.none:
        stc
        ret
.found:
        clc
        ret

; Writes the text at ESI to the node of path. Carry: it is too long, or there are too many.
write:
        push rsi
        call find
        pop rsi
        test ebx, ebx
        jz .no
        call length
        cmp ecx, NODE - NODE_VALUE - 1
        ja .no
        lea edi, [rbx + NODE_VALUE]
        call copy
        mov esi, path
        mov edi, ebx
        call copy
        clc
        ret
.no:
        stc
        ret

; Texts that end with a zero byte.

; Length of the one at ESI, in ECX.
length:
        xor ecx, ecx
.next:
        cmp byte [rsi + rcx], 0
        je .done
        inc ecx
        jmp .next
.done:
        ret

; Copies from ESI to EDI; both end at the zero byte.
copy:
        mov al, [rsi]
        mov [rdi], al
        test al, al
        jz .done
        inc esi
        inc edi
        jmp copy
.done:
        ret

; Are those at ESI and EDI the same? ZF says so.
same:
        mov al, [rsi]
        cmp al, [rdi]
        jne .done
        inc esi
        inc edi
        test al, al
        jnz same
.done:
        ret

; Does the one at ESI begin with the one at EDI? Carry says so.
begins:
        cmp byte [rdi], 0
        je .yes
        mov al, [rsi]
        cmp al, [rdi]
        jne .no
        inc esi
        inc edi
        jmp begins
.yes:
        stc
        ret
.no:
        clc
        ret

; The number written at ESI, in EAX: its digits.
number:
        xor eax, eax
.next:
        movzx ecx, byte [rsi]
        sub ecx, '0'
        cmp ecx, 9
        ja .done
        imul eax, eax, 10
        add eax, ecx
        inc esi
        jmp .next
.done:
        ret

; The disk's other half has written a node. If that was its state, the handshake goes on.
frontend_changed:
        mov esi, path
        mov edi, frontend_state
        call same
        jne .done
        call find
        mov al, [rbx + NODE_VALUE]
        cmp al, '3'             ; XenbusStateInitialised
        je connect
        cmp al, '5'             ; XenbusStateClosing
        je disconnect
        cmp al, '6'             ; XenbusStateClosed
        je disconnect
.done:
        ret

; Maps the ring that the front half has granted, and binds the port that it has opened.
connect:
        cmp dword [block_port], 0
        jne .done               ; it is connected
        mov esi, frontend_ring
        call value
        jc .done
        mov ecx, eax
        mov eax, RING
        xor edx, edx
        call map
        test eax, eax
        jnz .done
        mov eax, [map_handle]
        mov [ring_handle], eax
        mov esi, frontend_port
        call value
        jc .unmap
        call bind
        test eax, eax
        jz .unmap
        mov [block_port], eax
        mov dword [next_request], 0
        mov esi, connected_text
        call print
        mov esi, '4'            ; XenbusStateConnected
        jmp backend_becomes
.unmap:
        mov eax, RING
        mov ecx, [ring_handle]
        jmp unmap
.done:
        ret

disconnect:
        cmp dword [block_port], 0
        je .done
        mov eax, [block_port]
        mov [close_port], eax
        mov dword [block_port], 0
        mov edi, 3              ; EVTCHNOP_close
        mov esi, close_port
        call EVENT_OP
        mov eax, RING
        mov ecx, [ring_handle]
        call unmap
        mov esi, '6'
        jmp backend_becomes
.done:
        ret

; The number in the node that the text at ESI names. Carry: there is no such node.
value:
        mov edi, path
        call copy
        call find
        jc .none
        lea esi, [rbx + NODE_VALUE]
        call number
        clc
.none:
        ret

; Writes the digit ESI as the state of this half.
backend_becomes:
        mov [state], esi
        mov esi, backend_state
        mov edi, path
        call copy
        mov esi, state
        call write
        jmp changed

; The disk. Requests are copied before they are looked at.

serve_block:
        mov r12d, [REQ_PROD_B]
        mov eax, r12d
        sub eax, [next_request]
        jz .last_look
        cmp eax, RING_ENTRIES
        ja .done                ; counts that cannot be
.next:
        mov eax, [next_request]
        cmp eax, r12d
        je serve_block          ; more may have come
        and eax, RING_ENTRIES - 1
        imul eax, eax, ENTRY
        lea esi, [rax + ENTRIES]
        mov r14d, esi
        mov edi, a_request
        mov ecx, ENTRY
        rep movsb
        inc dword [next_request]
        call perform            ; status in EAX
        mov rcx, [a_request + 8]
        mov [r14], rcx          ; id
        mov cl, [a_request]
        mov [r14 + 8], cl       ; operation
        mov [r14 + 10], ax
        mov eax, [next_request]
        mov [RSP_PROD_B], eax
        cmp eax, [RSP_EVENT_B]  ; has the front half asked to be told of this one?
        jne .next
        mov ecx, [block_port]
        call notify
        jmp .next
.last_look:
        mov eax, [next_request]
        inc eax
        mov [REQ_EVENT_B], eax  ; tell me of the next one
        mov eax, [REQ_PROD_B]
        cmp eax, [next_request]
        jne serve_block
.done:
        ret

; Does what a_request says: 0, -1 where it is no good, -2 where there is no such operation.
perform:
        mov al, [a_request]
        cmp al, 1
        ja .no_such
        movzx r13d, byte [a_request + 1]        ; segments
        test r13d, r13d
        jz .bad
        cmp r13d, 11
        ja .bad
        mov r15, [a_request + 16]       ; sector
        mov ebx, a_request + 24
.segment:
        movzx ecx, byte [rbx + 4]       ; first and last sector in the page
        movzx eax, byte [rbx + 5]
        cmp eax, 7
        ja .bad
        sub eax, ecx
        jb .bad
        inc eax
        mov [sectors_now], eax
        cmp r15, SECTORS
        jae .bad
        add eax, r15d
        cmp eax, SECTORS
        ja .bad
        mov ecx, [rbx]          ; the grant of the page
        xor edx, edx
        cmp byte [a_request], 1 ; a write to the disk only reads the page
        jne .both
        mov edx, 4
.both:
        mov eax, DATA
        call map
        test eax, eax
        jnz .bad
        movzx eax, byte [rbx + 4]
        shl eax, 9
        add eax, DATA           ; in the page
        mov edx, r15d
        shl edx, 9
        add edx, DISK           ; on the disk
        mov ecx, [sectors_now]
        add r15, rcx
        shl ecx, 9
        mov esi, edx
        mov edi, eax
        cmp byte [a_request], 1
        jne .copy
        xchg esi, edi
.copy:
        rep movsb
        mov eax, DATA
        mov ecx, [map_handle]
        call unmap
        add ebx, 8
        dec r13d
        jnz .segment
        xor eax, eax
        ret
.bad:
        mov eax, -1
        ret
.no_such:
        mov eax, -2
        ret

        align 8, db 0
events:         dq 0
store_port:     dd 0
console_port:   dd 0
block_port:     dd 0
ring_handle:    dd 0
next_request:   dd 0            ; of the block ring
sectors_now:    dd 0
send_port:      dd 0
close_port:     dd 0
typed:          dd 0
state:          dd 0
virq:           dd VIRQ_CONSOLE, 0
virq_port:      dd 0
bind_request:   dd DOMU
bind_remote:    dd 0
bind_local:     dd 0

        align 8, db 0
map_request:
map_address:    dq 0
map_flags:      dd 0
map_reference:  dd 0
                dw DOMU
map_status:     dw 0
map_handle:     dd 0
                dq 0

unmap_request:
unmap_address:  dq 0, 0
unmap_handle:   dd 0, 0

unpause:        dd 4, 0x17      ; XEN_DOMCTL_unpausedomain, the interface's version
                dw DOMU, 0, 0, 0
                times 128 db 0

a_request:      times ENTRY db 0
path:           times NODE_VALUE + 4 db 0
watch_path:     times NODE_VALUE + 4 db 0
watch_token:    times 16 db 0

ok:             db "OK", 0
no_such_node:   db "ENOENT", 0
no_such_call:   db "ENOSYS", 0
not_allowed:    db "EACCES", 0
too_long:       db "EINVAL", 0
connected_text: db "dom0: disk of domain 1 connected", 10, 0

%define FRONT "/local/domain/1/device/vbd/51712"
%define BACK "/local/domain/0/backend/vbd/1/51712"
own_nodes:      db "/local/domain/1/", 0
frontend_state: db FRONT, "/state", 0
frontend_ring:  db FRONT, "/ring-ref", 0
frontend_port:  db FRONT, "/event-channel", 0
backend_state:  db BACK, "/state", 0

%macro node 3                   ; path, its last part, value
%%path: db %1, %2
        times NODE_VALUE - ($ - %%path) db 0
%%value: db %3
        times NODE - NODE_VALUE - ($ - %%value) db 0
%endmacro

first_nodes:
        node FRONT, "/backend", BACK
        node FRONT, "/backend-id", "0"
        node FRONT, "/virtual-device", "51712"
        node FRONT, "/state", "1"
        node BACK, "/frontend", FRONT
        node BACK, "/frontend-id", "1"
        node BACK, "/sectors", "16"
        node BACK, "/sector-size", "512"
        node BACK, "/state", "2"
first_nodes_end:
file_end:
