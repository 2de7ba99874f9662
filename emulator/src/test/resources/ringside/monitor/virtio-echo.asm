; Echoes typed lines: receives by a virtio console, keeps each line on a virtio disk, reads it back and sends it. All of it by interrupts;
; a line "." ends it.

        org 0x1000
        bits 32

CONSOLE         equ 0xD0000000
DISK            equ 0xD0000200

start:
        mov esp, 0x9000
        lidt [idt_pointer]
        mov al, 0x11
        out 0x20, al
        mov al, 0x20
        out 0x21, al
        mov al, 4
        out 0x21, al
        mov al, 1
        out 0x21, al
        mov al, 0x9F            ; all masked but IRQ 5 and 6
        out 0x21, al

        mov ebx, CONSOLE
        mov esi, console_setup
        call set_up
        mov ebx, DISK
        mov esi, disk_setup
        call set_up

.next:
        mov dword [line_length], 0
.receive:
        inc word [receive_available + 2]
        mov dword [CONSOLE + 0x50], 0
.wait:
        cli
        mov ax, [receive_used + 2]
        cmp ax, [receive_available + 2]
        je .come
        sti
        hlt
        jmp .wait
.come:
        sti
        mov edx, [line_length]
        mov al, [byte_buffer]
        mov [line + edx], al
        inc dword [line_length]
        cmp al, 10
        jne .receive

        mov dword [header], 1   ; write the line to the disk
        mov word [data_flags], 1
        call request
        mov ecx, 64
        mov edi, line
        mov al, '?'
        rep stosb
        mov dword [header], 0   ; and read it again
        mov word [data_flags], 3
        call request
        inc dword [sector]

        mov eax, [line_length]
        mov [line_size], eax
        inc word [send_available + 2]
        mov dword [CONSOLE + 0x50], 1
        cmp word [line], 0x0A2E ; ".\n"
        jne .next
        cli
        hlt

request:
        inc word [disk_available + 2]
        mov dword [DISK + 0x50], 0
.wait:
        cli
        mov ax, [disk_used + 2]
        cmp ax, [disk_available + 2]
        je .done
        sti
        hlt
        jmp .wait
.done:
        sti
        mov al, [status]
        or [worst], al
        ret

set_up:
        lodsd
        mov ecx, eax
.tell:
        lodsd
        mov edx, eax
        lodsd
        mov [ebx + edx], eax
        loop .tell
        ret

; One handler for both: whoever interrupts is told that it was heard.
irq:
        push eax
        mov eax, [CONSOLE + 0x60]
        mov [CONSOLE + 0x64], eax
        add [console_interrupts], eax
        mov eax, [DISK + 0x60]
        mov [DISK + 0x64], eax
        add [disk_interrupts], eax
        mov al, 0x20
        out 0x20, al
        pop eax
        iret

console_setup:
        dd 19
        dd 0x70, 0, 0x70, 1, 0x70, 3, 0x24, 1, 0x20, 1, 0x70, 11
        dd 0x30, 0, 0x38, 8, 0x80, receive_table, 0x90, receive_available, 0xA0, receive_used, 0x44, 1
        dd 0x30, 1, 0x38, 8, 0x80, send_table, 0x90, send_available, 0xA0, send_used
        dd 0x44, 1, 0x70, 15
disk_setup:
        dd 13
        dd 0x70, 0, 0x70, 1, 0x70, 3, 0x24, 1, 0x20, 1, 0x70, 11
        dd 0x30, 0, 0x38, 8, 0x80, disk_table, 0x90, disk_available, 0xA0, disk_used, 0x44, 1, 0x70, 15

        align 8
idt:
        times 0x25 dq 0
        dw irq, 8, 0x8E00, 0
        dw irq, 8, 0x8E00, 0
idt_end:
idt_pointer:
        dw idt_end - idt - 1
        dd idt

        align 4096
line_length:            dd 0
console_interrupts:     dd 0
disk_interrupts:        dd 0
header:                 dd 0, 0
sector:                 dd 0, 0
byte_buffer:            db 0
status:                 db 0
worst:                  db 0
        align 16
receive_table:
        dd byte_buffer, 0, 1
        dw 2, 0
        times 7 dd 0, 0, 0, 0
send_table:
        dd line, 0
line_size:
        dd 0
        dw 0, 0
        times 7 dd 0, 0, 0, 0
disk_table:
        dd header, 0, 16
        dw 1, 1
        dd line, 0, 512
data_flags:
        dw 1, 2
        dd status, 0, 1
        dw 2, 0
        times 5 dd 0, 0, 0, 0
receive_available:      times 12 dw 0
receive_used:           times 18 dd 0
send_available:         times 12 dw 0
send_used:              times 18 dd 0
disk_available:         times 12 dw 0
disk_used:              times 18 dd 0
        align 16
line:                   times 512 db 0
