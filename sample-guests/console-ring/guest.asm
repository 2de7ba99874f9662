; A line of text, as a guest prints it that has drivers for Xen. It asks CPUID whether Xen is there. If not, each byte goes to the serial port, after
; a look at the line's status. If it is, all bytes go into a ring in memory, and one event tells domain 0 that they are there: console-end.asm.

        org 0x1000
        bits 32

;@ dom0 console-end.asm

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
STACK           equ 0x4000

XEN_LEAVES      equ 0x40000000

HVM_OP          equ HYPERCALL_PAGE + 34 * 32
EVENT_OP        equ HYPERCALL_PAGE + 32 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

; The console's page (Xen, public header io/console.h).
OUT_RING        equ 0x400
OUT_SIZE        equ 2048
OUT_CONS        equ 0xC08
OUT_PROD        equ 0xC0C

COM1            equ 0x3F8
LINE_STATUS     equ COM1 + 5
EMPTY           equ 1 << 5      ; the transmitter takes a byte

start:
        mov esp, STACK
        mov eax, XEN_LEAVES
        cpuid
        cmp ebx, "XenV"
        jne by_port
        cmp ecx, "MMXe"
        jne by_port
        cmp edx, "nVMM"
        jne by_port

; Where is the ring, and by which event channel is domain 0 told?
        mov eax, XEN_LEAVES + 2
        cpuid                   ; EBX: the MSR for the page of hypercalls
        mov ecx, ebx
        mov eax, HYPERCALL_PAGE
        xor edx, edx
        wrmsr
        mov ecx, page_parameter
        call parameter
        shl eax, 12
        mov ebp, eax
        mov ecx, port_parameter
        call parameter
        mov [port], eax

;@ milestone print
        mov esi, text
        mov ecx, text_length
        mov edx, [ebp + OUT_PROD]
.next:
        lodsb
        mov ebx, edx
        and ebx, OUT_SIZE - 1
        mov [ebp + ebx + OUT_RING], al
        inc edx
        dec ecx
        jnz .next
        mov [ebp + OUT_PROD], edx       ; after the bytes
        mov ebx, 4              ; EVTCHNOP_send
        mov ecx, port
        call EVENT_OP

; Domain 0 answers by the same channel when it has taken them.
.wait:
        mov eax, [ebp + OUT_CONS]
        cmp eax, [ebp + OUT_PROD]
        je done
        mov ebx, 3              ; SCHEDOP_poll: sleeps until the port is pending
        mov ecx, poll
        call SCHED_OP
        jmp .wait

by_port:
        mov esi, text
        mov ecx, text_length
.next:
        mov dx, LINE_STATUS
.full:
        in al, dx
        test al, EMPTY
        jz .full
        lodsb
        mov dx, COM1
        out dx, al
        dec ecx
        jnz .next
done:
;@ milestone printed
        cli
        hlt

; The value of the parameter whose struct xen_hvm_param is at ECX, in EAX.
parameter:
        mov ebx, 1              ; HVMOP_get_param
        push ecx
        call HVM_OP
        pop ecx
        mov eax, [ecx + 8]
        ret

        align 8
page_parameter: dw 0x7FF0, 0    ; DOMID_SELF
                dd 17           ; HVM_PARAM_CONSOLE_PFN
                dq 0
port_parameter: dw 0x7FF0, 0
                dd 18           ; HVM_PARAM_CONSOLE_EVTCHN
                dq 0
poll:           dd port, 1      ; struct sched_poll: ports, how many, until when
                dq 0
port:           dd 0

text:           db "by ports a request for each byte, by a ring one event", 10
text_length     equ $ - text
