; Makes one hypercall after the other, most of them with something wrong, for a comparison of results with a real Xen.
; Nothing here depends on being domain 0, or on the machine: frames come from the domain's own list. What domain 0 alone may do
; (attributes of caches in page-table entries) and what ends it (a watchdog that expires) is left out.

        org 0x1000
        bits 64

HYPERCALL_PAGE  equ 0x20000
SHARED_INFO     equ 0x21000
LDT_PAGE        equ 0x22000     ; an empty page, to be used as descriptors
GDT_PAGE        equ 0x23000
TABLE_PAGE      equ 0x24000     ; an empty page, to become a page table
SCRATCH         equ 0x25000
MEMORY_END      equ 0x28000
XENS            equ 0xFFFF800000000000
HOLE            equ 0x7FFF00000000      ; linear addresses where nothing is mapped
NON_CANONICAL   equ 0x800000000000

SELF            equ 0x7FF0

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7
        dq 0, file, file, file_end - file, MEMORY_END - 0x1000, 0x1000
        dd 4, 4
        dq notes - file, notes, notes, notes_end - notes, notes_end - notes, 4

%macro note 2+
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

; frame PAGE, ADDRESS, BITS: the machine address of one of our pages, with bits, into a field.
%macro frame 3
        mov rax, [rbp + (%1 >> 12) * 8]
        shl rax, 12
        or rax, %3
        mov [%2], rax
%endmacro
%macro number 2
        mov rax, [rbp + (%1 >> 12) * 8]
        mov [%2], rax
%endmacro

start:
        mov rbp, [rsi + 104]    ; mfn_list
        mov rax, [rsi + 40]
        or rax, 3
        mov [shared_entry], rax
        mov rbx, [rsi + 88]     ; pt_base
        mov rax, rbx
        shr rax, 12
        mov rax, [rbp + rax * 8]
        mov [pin_root + 8], rax
        mov [unpin_root + 8], rax
        mov [same_root + 8], rax
        mov [user_root + 8], rax
        shl rax, 12
        mov [write_root_request], rax           ; entry 0 of the first table
        or rax, 3
        mov [root_writable], rax
        mov rax, [rbx]
        mov [write_root_request + 8], rax       ; to what it is
        mov rax, XENS
        call walk                       ; RDX: machine address of the entry of SCRATCH
        mov [scratch_request], rdx
        mov [scratch_twice], rdx
        mov [scratch_twice + 16], rdx
        or rdx, 2
        mov [scratch_keep], rdx
        xor rdx, 3
        mov [bad_then_good + 16], rdx
        frame SCRATCH, scratch_request + 8, 3
        frame SCRATCH, scratch_twice + 8, 3
        frame SCRATCH, scratch_twice + 24, 1
        frame SCRATCH, scratch_keep + 8, 3
        frame SCRATCH, scratch_entry, 3
        frame SCRATCH, scratch_global, 0x103
        frame SCRATCH, scratch_reserved, 3
        mov rax, 1 << 51
        or [scratch_reserved], rax
        frame TABLE_PAGE, table_read_only, 1
        frame TABLE_PAGE, table_writable, 3
        frame GDT_PAGE, gdt_read_only, 1
        frame GDT_PAGE, gdt_writable, 3
        frame GDT_PAGE, gdt_entry, 0x20
        frame LDT_PAGE, ldt_read_only, 1
        frame LDT_PAGE, ldt_writable, 3
        frame SCRATCH, plain_descriptor, 8
        number GDT_PAGE, gdt_frames
        number TABLE_PAGE, pin_table + 8
        number TABLE_PAGE, pin_table_2 + 8
        number TABLE_PAGE, unpin_table + 8
        number TABLE_PAGE, clear_table + 8
        number SCRATCH, clear_scratch + 8
        number SCRATCH, copy_scratch + 8
        number LDT_PAGE, copy_scratch + 16
        number SCRATCH, not_a_root + 8

        mov ebx, calls
.next:
        mov rax, [rbx]
        cmp rax, -1
        je .done
        mov rdi, [rbx + 8]
        mov rsi, [rbx + 16]
        mov rdx, [rbx + 24]
        mov r10, [rbx + 32]
        mov r8, [rbx + 40]
        shl eax, 5
        add eax, HYPERCALL_PAGE
        call rax
        add ebx, 48
        jmp .next
.done:

; What calls have written: each of these words in hexadecimal.
        mov ebx, shown
.show:
        mov eax, [rbx]
        test eax, eax
        jz .end
        mov eax, [rax]
        mov ecx, 8
        mov edi, digits
.digit:
        rol eax, 4
        mov edx, eax
        and edx, 15
        mov dl, [rdx + hexadecimal]
        mov [rdi], dl
        inc edi
        loop .digit
        xor edi, edi
        mov esi, 9
        mov edx, digits
        call HYPERCALL_PAGE + 18 * 32
        add ebx, 4
        jmp .show
.end:
        mov edi, 2
        mov esi, reason
        call HYPERCALL_PAGE + 29 * 32

; RBX: the first table; RDX: machine address of the entry for SCRATCH.
walk:
        mov rcx, rax
        mov rdi, [rbx]
        call .down
        mov rdi, [rdi]
        call .down
        mov rdi, [rdi]
        mov rdx, 0x000FFFFFFFFFF000
        and rdx, rdi
        add rdx, SCRATCH >> 12 << 3
        ret
.down:
        mov rdx, 0x000FFFFFFFFFF000
        and rdi, rdx
        shr rdi, 12
        mov rdi, [rcx + rdi * 8]
        shl rdi, 12
        ret

%macro call_ 1-6 0, 0, 0, 0, 0
        dq %1, %2, %3, %4, %5, %6
%endmacro

        align 8, db 0
calls:
; update_va_mapping
        dq 14, SHARED_INFO
shared_entry:
        dq 0, 2, 0, 0
        call_ 14, XENS, 0, 0
        call_ 14, HOLE, 0, 0
        call_ 14, NON_CANONICAL, 0, 0
        dq 14, SCRATCH
scratch_entry:
        dq 0, 0, 0, 0
        dq 14, SCRATCH
scratch_global:
        dq 0, 2, 0, 0
        dq 14, SCRATCH
scratch_reserved:
        dq 0, 2, 0, 0
        dq 14, SCRATCH
root_writable:
        dq 0, 2, 0, 0
        call_ 14, SCRATCH, 0x000FFFFFFFF00003, 2
        call_ 14, SCRATCH, 0, 2
        call_ 14, SCRATCH, 0x1234567890, 0
        call_ 14, SCRATCH, 0, 3
        call_ 14, SCRATCH, 0, 6
        call_ 14, SCRATCH, 0, 5
; mmu_update
        call_ 1, scratch_request, 1, done, SELF
        call_ 1, scratch_twice, 2, done_2, SELF
        call_ 1, scratch_keep, 1, 0, SELF
        call_ 1, bad_then_good, 2, done_3, SELF
        call_ 1, scratch_request, 0, done_3, SELF
        call_ 1, scratch_request, 1, 0, 0x1234
        call_ 1, HOLE, 1, 0, SELF
        call_ 1, XENS, 1, 0, SELF
        call_ 1, beyond_request, 1, 0, SELF
        call_ 1, machine_request, 1, 0, SELF
        call_ 1, write_root_request, 1, done_4, SELF
; page tables: TABLE_PAGE cannot be one while it is mapped writable
        call_ 26, pin_table, 1, done_5, SELF
        dq 14, TABLE_PAGE
table_read_only:
        dq 0, 2, 0, 0
        call_ 26, pin_table, 1, done_6, SELF
        call_ 26, pin_table, 1, 0, SELF         ; twice
        call_ 26, pin_table_2, 1, 0, SELF       ; as another level
        call_ 26, clear_table, 1, 0, SELF
        dq 14, TABLE_PAGE
table_writable:
        dq 0, 2, 0, 0
        call_ 26, unpin_table, 1, 0, SELF
        call_ 26, unpin_table, 1, 0, SELF
        call_ 26, clear_table, 1, 0, SELF
        call_ 26, clear_scratch, 1, 0, SELF
        call_ 26, copy_scratch, 1, 0, SELF
        call_ 26, pin_beyond, 1, 0, SELF
        call_ 26, pin_root, 1, 0, SELF
        call_ 26, unpin_root, 1, 0, SELF
        call_ 26, same_root, 1, 0, SELF
        call_ 26, not_a_root, 1, 0, SELF
        call_ 26, user_root, 1, 0, SELF
        call_ 26, no_user_root, 1, 0, SELF
        call_ 26, flush, 1, 0, SELF
        call_ 26, flush_page, 1, 0, SELF
        call_ 26, flush_all, 1, 0, SELF
        call_ 26, flush_page_all, 1, 0, SELF
        call_ 26, unknown_operation, 1, done_7, SELF
        call_ 26, flush, 0, 0, SELF
        call_ 26, flush, 1, 0, 0x1234
        call_ 26, HOLE, 1, 0, SELF
        call_ 26, empty_ldt, 1, 0, SELF
        call_ 26, long_ldt, 1, 0, SELF
        call_ 26, crooked_ldt, 1, 0, SELF
        call_ 26, xens_ldt, 1, 0, SELF
        call_ 26, good_ldt, 1, 0, SELF
        call_ 26, empty_ldt, 1, 0, SELF
; descriptor tables
        call_ 2, gdt_frames, 0
        call_ 2, gdt_frames, 8000
        call_ 2, gdt_frames, 512                ; still writable
        dq 14, GDT_PAGE
gdt_read_only:
        dq 0, 2, 0, 0
        call_ 2, gdt_frames, 512
        call_ 2, HOLE, 512
        call_ 2, wild_frames, 512
        dq 10
gdt_entry:
        dq 0, 0x00CFFB000000FFFF, 0, 0, 0
        dq 10
plain_descriptor:
        dq 0, 0x00CFFB000000FFFF, 0, 0, 0
        call_ 10, 0x1000000000000, 0
        call_ 2, gdt_frames, 0
        dq 14, GDT_PAGE
gdt_writable:
        dq 0, 2, 0, 0
        dq 14, LDT_PAGE
ldt_read_only:
        dq 0, 2, 0, 0
        dq 14, LDT_PAGE
ldt_writable:
        dq 0, 2, 0, 0
; traps and callbacks
        call_ 0, good_traps
        call_ 0, ring_0_traps
        call_ 0, HOLE
        call_ 0, XENS
        call_ 0, 0
        call_ 3, 0xE02B, 0x5000
        call_ 3, 0xE02B, NON_CANONICAL
        call_ 3, 0, 0x5000
        call_ 4, 0x1000, 0x1000, 0x1000
        call_ 4, NON_CANONICAL, 0, 0
        call_ 4, 0, 0, 0
        call_ 30, 0, callback_event
        call_ 30, 0, callback_syscall
        call_ 30, 0, callback_wrong
        call_ 30, 0, callback_flagged
        call_ 30, 0, HOLE
        call_ 30, 1, callback_event
        call_ 30, 2, callback_event
        call_ 30, 1, callback_syscall
        call_ 5, 0
        call_ 5, 1
        call_ 5, 0
; debug registers
        call_ 8, 0, 0x1000
        call_ 9, 0
        call_ 8, 0, XENS
        call_ 8, 1, HOLE
        call_ 8, 4, 0
        call_ 8, 5, 0
        call_ 8, 6, 0
        call_ 9, 6
        call_ 8, 7, 0x400
        call_ 9, 7
        call_ 8, 7, 0x2001
        call_ 8, 7, 0x20401
        call_ 9, 7
        call_ 8, 7, 0
        call_ 9, 7
        call_ 8, 8, 0
        call_ 9, 8
        call_ 9, 4
        call_ 8, 0, 0
; segment bases
        call_ 25, 0, 0x1000
        call_ 25, 0, NON_CANONICAL
        call_ 25, 0, XENS
        call_ 25, 0, 0
        call_ 25, 1, 0x1000
        call_ 25, 2, 0x1000
        call_ 25, 2, 0
        call_ 25, 3, 0
        call_ 25, 4, 0
; assists, I/O privilege
        call_ 21, 0, 2
        call_ 21, 1, 2
        call_ 21, 0, 0
        call_ 21, 0, 3
        call_ 21, 0, 4
        call_ 21, 1, 4
        call_ 21, 0, 5
        call_ 21, 0, 6
        call_ 21, 0, 31
        call_ 21, 0, 64
        call_ 21, 2, 2
        call_ 33, 6, iopl_1
        call_ 33, 6, iopl_4
        call_ 33, 6, iopl_0
        call_ 33, 7, no_bitmap
        call_ 33, 7, large_bitmap
        call_ 33, 6, HOLE
        call_ 33, 99, iopl_0
; event channels: first without those that a domain may have from the start
        call_ 32, 10, reset
        call_ 32, 6, unbound
        call_ 32, 5, status_1
        call_ 32, 0, interdomain
        call_ 32, 5, status_1
        call_ 32, 5, status_2
        call_ 32, 0, interdomain_2
        call_ 32, 4, port_1
        call_ 32, 1, timer_virq
        call_ 32, 1, timer_virq
        call_ 32, 1, wrong_virq
        call_ 32, 1, other_vcpu
        call_ 32, 1, debug_virq
        call_ 32, 5, status_3
        call_ 32, 7, ipi
        call_ 32, 7, ipi_other
        call_ 32, 5, status_5
        call_ 32, 4, port_5
        call_ 32, 4, port_3
        call_ 32, 4, port_9
        call_ 32, 4, port_0
        call_ 32, 4, port_5000
        call_ 32, 8, vcpu_1
        call_ 32, 8, vcpu_1_other
        call_ 32, 8, vcpu_3
        call_ 32, 8, vcpu_9
        call_ 32, 9, port_1
        call_ 32, 9, port_9
        call_ 32, 9, port_5000
        call_ 32, 3, port_2
        call_ 32, 5, status_1
        call_ 32, 3, port_1
        call_ 32, 3, port_1
        call_ 32, 3, port_9
        call_ 32, 3, port_0
        call_ 32, 3, port_5000
        call_ 32, 6, unbound_wrong
        call_ 32, 0, interdomain_wrong
        call_ 32, 5, status_5000
        call_ 32, 5, status_wrong
        call_ 32, 5, HOLE
        call_ 32, 4, HOLE
        call_ 32, 99, port_1
        call_ 32, 10, reset
        call_ 32, 5, status_3
        call_ 32, 6, unbound_again
; timers, processors, scheduling
        call_ 15, 0
        call_ 24, 3, 0, 0
        call_ 24, 3, 1, 0
        call_ 24, 3, 9999, 0
        call_ 24, 7, 0, 0
        call_ 24, 6, 0, period_short
        call_ 24, 6, 0, period
        call_ 24, 7, 0, 0
        call_ 24, 8, 0, past_alarm
        call_ 24, 8, 0, HOLE
        call_ 24, 9, 0, 0
        call_ 24, 4, 0, SCRATCH_2
        call_ 24, 4, 0, HOLE
        call_ 24, 1, 0, 0
        call_ 24, 0, 0, 0
        call_ 24, 10, 0, info_crossing
        call_ 24, 10, 0, info_beyond
        call_ 24, 99, 0, 0
        call_ 29, 0, 0
        call_ 29, 3, poll_none
        call_ 29, 3, poll_wrong
        call_ 29, 3, poll_many
        call_ 29, 99, 0
; versions and memory
        call_ 17, 6, features
        call_ 17, 6, features_9
        call_ 17, 7, 0
        call_ 17, 6, HOLE
        call_ 17, 99, 0
        call_ 12, 99, 0
        call_ 12, 6, HOLE
        call_ 12, 1, decrease_none
        call_ 12, 1, decrease_wrong
        call_ 12, 0, increase_none
; several at once
        call_ 13, multicall, 3
        call_ 13, multicall, 0
        call_ 13, HOLE, 1
; console
        call_ 18, 0, 0, 0
        call_ 18, 0, 4, HOLE
        call_ 18, 0, 4, XENS
; no such calls
        call_ 11
        call_ 47
        call_ 56
        call_ 63
        dq -1

SCRATCH_2       equ MEMORY_END - 0x100

shown:  dd done, done_2, done_3, done_4, done_5, done_6, done_7
        dd unbound + 4, interdomain + 8, timer_virq + 8, debug_virq + 8, ipi + 4, unbound_again + 4
        dd status_1 + 8, status_2 + 8, status_2 + 20, status_3 + 8, status_5 + 8
        dd features_9 + 4, multicall + 8, multicall + 72, multicall + 136
        dd SHARED_INFO + 0x800, SHARED_INFO
        dd 0

hexadecimal:
        db "0123456789abcdef"
digits: db "        ", 10
        align 8, db 0
reason: dd 0
done:   dd -1
done_2: dd -1
done_3: dd -1
done_4: dd -1
done_5: dd -1
done_6: dd -1
done_7: dd -1

        align 8, db 0
scratch_request:
        dq 0, 0
scratch_twice:
        dq 0, 0, 0, 0
scratch_keep:
        dq 0, 0
bad_then_good:
        dq 0x7FFFFFFFFFFF000, 0, 0, 0
beyond_request:
        dq 0x7FFFFFFFFFFF000, 0
machine_request:
        dq 0x7FFFFFFFFFFF001, 0
write_root_request:
        dq 0, 0
pin_table:
        dq 0, 0, 0
pin_table_2:
        dq 1, 0, 0
unpin_table:
        dq 4, 0, 0
clear_table:
        dq 16, 0, 0
clear_scratch:
        dq 16, 0, 0
copy_scratch:
        dq 17, 0, 0
pin_beyond:
        dq 0, 0x7FFFFFFFFFF, 0
pin_root:
        dq 3, 0, 0
unpin_root:
        dq 4, 0, 0
same_root:
        dq 5, 0, 0
not_a_root:
        dq 5, 0, 0
user_root:
        dq 15, 0, 0
no_user_root:
        dq 15, 0, 0
flush:  dq 6, 0, 0
flush_page:
        dq 7, SCRATCH, 0
flush_all:
        dq 10, 0, 0
flush_page_all:
        dq 11, SCRATCH, 0
unknown_operation:
        dq 60, 0, 0
empty_ldt:
        dq 13, 0, 0
long_ldt:
        dq 13, LDT_PAGE, 9000
crooked_ldt:
        dq 13, LDT_PAGE + 8, 16
xens_ldt:
        dq 13, XENS, 16
good_ldt:
        dq 13, LDT_PAGE, 16
gdt_frames:
        dq 0
wild_frames:
        dq 0x7FFFFFFFFFF
good_traps:
        db 13, 0
        dw 0xE033, 0, 0
        dq start
        dq 0, 0
ring_0_traps:
        db 13, 0
        dw 0xE008, 0, 0
        dq start
        dq 0, 0
callback_event:
        dw 0, 0
        dd 0
        dq 0x1000
callback_syscall:
        dw 2, 1
        dd 0
        dq 0
callback_wrong:
        dw 99, 0
        dd 0
        dq 0x1000
callback_flagged:
        dw 0, 1
        dd 0
        dq 0x1000
iopl_1: dd 1
iopl_4: dd 4
iopl_0: dd 0
        align 8, db 0
no_bitmap:
        dq 0, 0
large_bitmap:
        dq 0, 70000
unbound:
        dw SELF, SELF
        dd -1
interdomain:
        dw SELF, 0
        dd 1, -1
interdomain_2:
        dw SELF, 0
        dd 1, -1
interdomain_wrong:
        dw SELF, 0
        dd 5000, -1
unbound_wrong:
        dw 0x1234, SELF
        dd -1
unbound_again:
        dw SELF, SELF
        dd -1
status_1:
        dw SELF, 0
        dd 1, -1, -1, -1, -1
status_2:
        dw SELF, 0
        dd 2, -1, -1, -1, -1
status_3:
        dw SELF, 0
        dd 3, -1, -1, -1, -1
status_5:
        dw SELF, 0
        dd 5, -1, -1, -1, -1
status_5000:
        dw SELF, 0
        dd 5000, -1, -1, -1, -1
status_wrong:
        dw 0x1234, 0
        dd 1, -1, -1, -1, -1
timer_virq:
        dd 0, 0, -1
wrong_virq:
        dd 24, 0, -1
other_vcpu:
        dd 1, 1, -1
debug_virq:
        dd 1, 0, -1
ipi:    dd 0, -1
ipi_other:
        dd 1, -1
port_0: dd 0
port_1: dd 1
port_2: dd 2
port_3: dd 3
port_5: dd 5
port_9: dd 9
port_5000:
        dd 5000
vcpu_1: dd 1, 0
vcpu_1_other:
        dd 1, 1
vcpu_3: dd 3, 0
vcpu_9: dd 9, 0
reset:  dw SELF, 0
        align 8, db 0
period_short:
        dq 1000
period: dq 1000000000
past_alarm:
        dq 1
        dd 1, 0
info_crossing:
        dq 0
        dd 0xFF0, 0
info_beyond:
        dq 0x7FFFFFFFFFF
        dd 0, 0
poll_none:
        dq port_1
        dd 0, 0
        dq 1
poll_wrong:
        dq port_5000
        dd 1, 0
        dq 1
poll_many:
        dq port_1
        dd 129, 0
        dq 1
features:
        dd 0, 0
features_9:
        dd 9, -1
        align 8, db 0
decrease_none:
        dq 0, 0
        dd 0, 0
        dw SELF, 0, 0, 0
decrease_wrong:
        dq wild_frames, 1
        dd 0, 0
        dw SELF, 0, 0, 0
increase_none:
        dq 0, 0
        dd 0, 0
        dw SELF, 0, 0, 0
multicall:
        dq 17, -1, 7, 0, 0, 0, 0, 0
        dq 11, -1, 0, 0, 0, 0, 0, 0
        dq 5, -1, 0, 0, 0, 0, 0, 0
file_end:
