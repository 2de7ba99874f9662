; The front half of two split drivers. This kernel has neither a serial port nor a disk: it puts characters into a ring and
; requests into another, in pages that it shares with domain 0, and tells domain 0 by event channels. Where the rings are it
; says in the store. The back half is domain 0's, in the source that the next line names.
;@ dom0 dom0.asm

        org 0x1000
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the page shared with Xen is mapped here, on top of an empty one
GRANT_TABLE     equ 0x4000      ; the same for the grant table
BLOCK_RING      equ 0x5000      ; shared with domain 0: requests and responses
BLOCK_DATA      equ 0x6000      ; and the sector itself
MESSAGE         equ 0x7000      ; a message from the store
STACK           equ 0x9000
MEMORY_END      equ 0x9000

CALLBACKS       equ HYPERCALL_PAGE + 4 * 32     ; set_callbacks
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32    ; update_va_mapping
GRANT_OP        equ HYPERCALL_PAGE + 20 * 32    ; grant_table_op
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32
EVENT_OP        equ HYPERCALL_PAGE + 32 * 32    ; event_channel_op

UPCALL_PENDING  equ SHARED_INFO
UPCALL_MASK     equ SHARED_INFO + 1
PENDING_SEL     equ SHARED_INFO + 8
EVENTS_PENDING  equ SHARED_INFO + 0x800

MACHINE_TO_PHYS equ 0xFFFF800000000000  ; which frame of a domain a machine frame is

; Grants: 0 and 1 are kept for console and store.
RING_GRANT      equ 8
DATA_GRANT      equ 9

; The console's page.
OUT_RING        equ 0x400
OUT_SIZE        equ 2048
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

XS_READ         equ 2
XS_WATCH        equ 4
XS_WRITE        equ 11
XS_WATCH_EVENT  equ 15

; The block ring: 64 bytes of counts, then 32 entries of 112 bytes.
REQ_PROD_B      equ BLOCK_RING
RSP_PROD_B      equ BLOCK_RING + 8
RSP_EVENT_B     equ BLOCK_RING + 12
ENTRIES         equ BLOCK_RING + 64
ENTRY           equ 112
BLKIF_READ      equ 0
BLKIF_WRITE     equ 1
SECTOR          equ 3

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

start:
        mov esp, STACK
        mov rbp, rsi            ; start_info
        mov rsi, [rbp + 40]     ; the machine address of shared_info
        or rsi, 3               ; present and writable
        mov edi, SHARED_INFO
        mov edx, 2              ; UVMF_INVLPG
        call UPDATE_VA
        mov edi, upcall
        mov esi, failsafe
        xor edx, edx
        call CALLBACKS

; The pages of store and console, and their ports, are in start_info.
        mov rax, MACHINE_TO_PHYS
        mov rcx, [rbp + 56]     ; store_mfn
        mov rcx, [rax + rcx * 8]
        shl rcx, 12
        mov [store], rcx
        mov ecx, [rbp + 64]
        mov [store_port], ecx
        mov rcx, [rbp + 72]     ; console.domU.mfn
        mov rcx, [rax + rcx * 8]
        shl rcx, 12
        mov [console], rcx
        mov ecx, [rbp + 80]
        mov [console_port], ecx

;@ milestone first-character
        mov esi, hello
        call print

; Two pages for domain 0: the ring and a sector. An entry of the grant table says who may use which frame.
        mov edi, 2              ; GNTTABOP_setup_table
        mov esi, setup
        mov edx, 1
        call GRANT_OP
        mov rsi, [table_frame]
        shl rsi, 12
        or rsi, 3
        mov edi, GRANT_TABLE
        mov edx, 2
        call UPDATE_VA
        mov rcx, [rbp + 104]    ; mfn_list: the machine frame of each frame
        mov rax, [rcx + (BLOCK_RING >> 9)]
        mov edi, GRANT_TABLE + RING_GRANT * 8
        call grant
        mov rax, [rcx + (BLOCK_DATA >> 9)]
        mov edi, GRANT_TABLE + DATA_GRANT * 8
        call grant

        mov dword [BLOCK_RING + 4], 1   ; req_event and rsp_event: tell each of the first
        mov dword [RSP_EVENT_B], 1
        mov edi, 6              ; EVTCHNOP_alloc_unbound
        mov esi, unbound
        call EVENT_OP

; The handshake, in the store.
;@ milestone handshake
        mov edi, XS_READ        ; where is the other half?
        mov esi, backend_node
        mov edx, 1
        call ask
        mov esi, MESSAGE + 16
        mov edi, backend
        call copy               ; its path, and behind it
        mov esi, state_name
        call copy               ; "/state"
        mov edi, XS_WRITE
        mov esi, ring_ref_node  ; "8"
        mov edx, 2
        call ask
        mov eax, [port]
        add al, '0'             ; one digit is enough here
        mov [port_digit], al
        mov edi, XS_WRITE
        mov esi, event_channel_node
        mov edx, 2
        call ask
        mov edi, XS_WRITE
        mov esi, protocol_node
        mov edx, 2
        call ask
        mov edi, XS_WATCH       ; tell me when the other half's state changes
        mov esi, backend
        mov edx, 1
        call ask_with_token
        mov edi, XS_WRITE
        mov esi, initialised_node       ; XenbusStateInitialised
        mov edx, 2
        call ask
.until_connected:
        mov edi, XS_READ
        mov esi, backend
        mov edx, 1
        call ask
        cmp byte [MESSAGE + 16], '4'    ; XenbusStateConnected
        je .connected
        call receive            ; the next message can only be of the watch
        jmp .until_connected
.connected:
        mov edi, XS_WRITE
        mov esi, connected_node
        mov edx, 2
        call ask
        mov esi, connected_text
        call print

; One sector out, and back.
;@ milestone write-block
        mov esi, sector_text
        mov edi, BLOCK_DATA
        call copy
        mov edi, BLKIF_WRITE
        call request
        xor eax, eax            ; forget it, so that it must come from the disk
        mov edi, BLOCK_DATA
        mov ecx, 64
        rep stosq
;@ milestone read-block
        mov edi, BLKIF_READ
        call request
        mov esi, BLOCK_DATA
        call print

; The other half lets go of the pages, and the last characters are printed.
        mov edi, XS_WRITE
        mov esi, closed_node
        mov edx, 2
        call ask
        mov rbx, [console]
.until_printed:
        mov eax, [rbx + OUT_CONS]
        cmp eax, [rbx + OUT_PROD]
        je .printed
        call wait_event
        jmp .until_printed
.printed:
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, zero           ; SHUTDOWN_poweroff
        call SCHED_OP
failsafe:
        ud2

; Grants the machine frame RAX to domain 0 by the entry at RDI: the flags come last.
grant:
        mov [rdi + 4], eax
        mov word [rdi + 2], 0
        mov word [rdi], 1       ; GTF_permit_access
        ret

; Events. Xen goes on here when one is pending and none are masked; all that is done is to take them.
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

; Sleeps until an event comes. One that came since the mask was set ends the sleep at once.
wait_event:
        push rdi
        push rsi
        mov edi, 1              ; SCHEDOP_block: unmasks too
        xor esi, esi
        call SCHED_OP
        mov byte [UPCALL_MASK], 1
        pop rsi
        pop rdi
        ret

; Sends an event by the port at RSI.
notify:
        mov edi, 4              ; EVTCHNOP_send
        call EVENT_OP
        ret

; Copies the zero-terminated text at RSI to RDI; both end at its zero byte.
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

; Writes the zero-terminated text at RSI to the console's ring.
print:
        mov rbx, [console]
        mov ecx, [rbx + OUT_PROD]
.next:
        mov al, [rsi]
        test al, al
        jz .done
        mov edx, ecx            ; room?
        sub edx, [rbx + OUT_CONS]
        cmp edx, OUT_SIZE
        jae .done
        mov edx, ecx
        and edx, OUT_SIZE - 1
        mov [rbx + rdx + OUT_RING], al
        inc ecx
        inc esi
        jmp .next
.done:
        mov [rbx + OUT_PROD], ecx       ; after the bytes
        mov esi, console_port
        jmp notify

; Asks the store: type RDI, then EDX texts from RSI on, each with its zero byte but for a value at the end. The answer is at
; MESSAGE, and its text ends with a zero byte.
ask:
        xor r8d, r8d
        jmp ask_more
ask_with_token:
        mov r8d, 1
ask_more:
        mov [header], edi
        mov eax, [header + 4]
        inc eax
        mov [header + 4], eax   ; req_id
        mov ecx, esi            ; how long is it?
.measure:
        cmp byte [rcx], 0
        lea rcx, [rcx + 1]
        jne .measure
        dec edx
        jnz .measure
        sub ecx, esi
        cmp edi, XS_WRITE
        jne .with_zero
        dec ecx
.with_zero:
        lea eax, [rcx + r8 * 2] ; a token has a letter and its zero byte
        mov [header + 12], eax
        push rsi
        push rcx
        mov esi, header
        mov ecx, 16
        call send
        pop rcx
        pop rsi
        call send
        mov esi, token
        lea ecx, [r8 * 2]
        call send
        mov esi, store_port
        call notify
.answer:
        call receive
        mov eax, [MESSAGE + 4]
        cmp eax, [header + 4]   ; of a watch: its turn comes by the state that is read after it
        jne .answer
        ret

; Puts ECX bytes from RSI into the store's ring of requests. They always fit: there is one request at a time.
send:
        mov rbx, [store]
        mov edi, [rbx + REQ_PROD]
        add [rbx + REQ_PROD], ecx       ; nobody looks before the event
.next:
        test ecx, ecx
        jz .done
        mov al, [rsi]
        and edi, XS_SIZE - 1
        mov [rbx + rdi + REQ_RING], al
        inc esi
        inc edi
        dec ecx
        jmp .next
.done:
        ret

; Takes the next message out of the store's ring of answers, and sleeps until there is one.
receive:
        mov rbx, [store]
        mov ecx, 16
        call .available
        mov edi, MESSAGE
        call .take
        mov ecx, [MESSAGE + 12]
        call .available
        call .take
        mov byte [rdi], 0
        ret
.available:
        mov eax, [rbx + RSP_PROD]
        sub eax, [rbx + RSP_CONS]
        cmp eax, ecx
        jae .there
        call wait_event
        jmp .available
.there:
        ret
.take:
        mov edx, [rbx + RSP_CONS]
        add ecx, edx
.byte:
        cmp edx, ecx
        je .taken
        mov esi, edx
        and esi, XS_SIZE - 1
        mov al, [rbx + rsi + RSP_RING]
        mov [rdi], al
        inc edi
        inc edx
        jmp .byte
.taken:
        mov [rbx + RSP_CONS], edx
        ret

; Reads or writes (EDI) the sector, and sleeps until it is done.
request:
        mov ecx, [REQ_PROD_B]
        mov edx, ecx
        and edx, 31
        imul edx, edx, ENTRY
        add edx, ENTRIES
        mov [rdx], dil          ; operation
        mov byte [rdx + 1], 1   ; segments
        mov word [rdx + 2], 51712       ; handle: which disk
        mov [rdx + 8], rcx      ; id
        mov qword [rdx + 16], SECTOR
        mov dword [rdx + 24], DATA_GRANT
        mov word [rdx + 28], 0  ; the page's first sector is first and last
        inc ecx
        mov [RSP_EVENT_B], ecx  ; tell me of the answer to this one,
        mov [REQ_PROD_B], ecx   ; which is there now
        mov esi, port
        call notify
.until_done:
        cmp [RSP_PROD_B], ecx
        je .done
        push rcx
        call wait_event
        pop rcx
        jmp .until_done
.done:
        cmp word [rdx + 10], 0  ; the response has taken the request's place: its status
        jne failsafe
        ret

        align 8, db 0
store:          dq 0
console:        dq 0
store_port:     dd 0
console_port:   dd 0
header:         dd 0, 0, 0, 0           ; type, req_id, tx_id, length
zero:           dd 0

setup:          dw 0x7FF0, 0            ; DOMID_SELF
                dd 1                    ; frames
                dq 0, table_frame
table_frame:    dq 0

unbound:        dw 0x7FF0, 0            ; a port of this domain for domain 0
port:           dd 0

hello:          db "domU: no serial port, but a ring", 10, 0
connected_text: db "domU: disk connected", 10, 0
sector_text:    db "domU: this line was on the disk", 10, 0

%define DEVICE "device/vbd/51712/"
backend_node:           db DEVICE, "backend", 0
ring_ref_node:          db DEVICE, "ring-ref", 0, "8", 0
event_channel_node:     db DEVICE, "event-channel", 0
port_digit:             db "0", 0
protocol_node:          db DEVICE, "protocol", 0, "x86_64-abi", 0
initialised_node:       db DEVICE, "state", 0, "3", 0
connected_node:         db DEVICE, "state", 0, "4", 0
closed_node:            db DEVICE, "state", 0, "6", 0
token:                  db "t", 0
state_name:             db "/state", 0
backend:                times 96 db 0
file_end:
