; What can be done with grants, by a domain that grants pages to itself: for a comparison of results with a real Xen.

        org 0x1000
        bits 64

HYPERCALL_PAGE  equ 0x20000
GRANTS          equ 0x21000     ; the first page of the grant table is mapped here
PAGE_A          equ 0x22000
PAGE_B          equ 0x23000
MAP_1           equ 0x24000
MAP_2           equ 0x25000
MAP_3           equ 0x26000
MEMORY_END      equ 0x28000
HOLE            equ 0x7FFF00000000
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
        number PAGE_A, own_frame
        number PAGE_B, copy_to + 16
        number PAGE_A, copy_frames
        number PAGE_B, copy_frames + 16
        number PAGE_B, copy_wild + 16
        number PAGE_B, copy_wrong + 16
        number PAGE_B, copy_long + 16
        number PAGE_B, copy_others + 16
        number PAGE_A, copy_read_only
        number PAGE_A, transfer_mapped
        mov dword [PAGE_A], 0x41414141
        mov dword [PAGE_A + 4], 0x42424242

; Who are we? A port for ourselves says it: the first, when those that a domain may have from the start are closed.
        mov edi, 10
        mov esi, reset
        call HYPERCALL_PAGE + 32 * 32
        mov edi, 6
        mov esi, unbound
        call HYPERCALL_PAGE + 32 * 32
        mov edi, 5
        mov esi, status
        call HYPERCALL_PAGE + 32 * 32
        movzx ebx, word [status + 16]
%macro me 1-*
%rep %0
        mov [%1], bx
%rotate 1
%endrep
%endmacro
        me map_1 + 16, map_2 + 16, map_3 + 16, map_read_only + 16, map_read_only_2 + 16, map_none + 16, map_wild + 16
        me map_others + 16, map_far + 16, map_nothing + 16, map_hole + 16, map_device + 16, map_both + 16, map_hole_2 + 16
        me copy_from + 8, copy_from + 24, copy_to + 8, copy_wrong + 8, copy_long + 8, copy_none + 8, copy_read_only + 24, transfer_mapped + 8

        mov edi, 2
        mov esi, setup
        mov edx, 1
        call HYPERCALL_PAGE + 20 * 32
        mov edi, GRANTS
        mov rsi, [table_frames]
        shl rsi, 12
        or rsi, 3
        mov edx, 2
        call HYPERCALL_PAGE + 14 * 32

        mov eax, [own_frame]
%macro grant 4                  ; reference, flags, domain, frame
        mov word [GRANTS + 8 * %1 + 2], %3
        mov dword [GRANTS + 8 * %1 + 4], %4
        mov word [GRANTS + 8 * %1], %2
%endmacro
        grant 8, 1, bx, eax
        grant 9, 5, bx, eax             ; read only
        grant 10, 0, bx, eax            ; none
        grant 11, 1, bx, 0x7FFFFFFF     ; not ours
        grant 12, 1, 0x1234, eax        ; for another

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


%macro call_ 1-6 0, 0, 0, 0, 0
        dq %1, %2, %3, %4, %5, %6
%endmacro
%macro grant_op 2-3 1
        call_ 20, %1, %2, %3
%endmacro

        align 8, db 0
calls:
        grant_op 6, size
        grant_op 6, size, 2
        grant_op 6, size_others
        grant_op 2, setup_many
        grant_op 2, setup, 0
        grant_op 2, HOLE
        grant_op 99, size
        grant_op 0, map_1, -1
        grant_op 0, map_1
        grant_op 0, map_2
        grant_op 0, map_read_only
        grant_op 0, map_read_only_2
        grant_op 0, map_none
        grant_op 0, map_wild
        grant_op 0, map_others
        grant_op 0, map_far
        grant_op 0, map_nothing
        grant_op 0, map_hole
        grant_op 0, map_unknown
        grant_op 0, map_self
        grant_op 0, HOLE
        grant_op 5, copy_from
        grant_op 5, copy_to
        grant_op 5, copy_frames
        grant_op 5, copy_wild
        grant_op 5, copy_wrong
        grant_op 5, copy_long
        grant_op 5, copy_others
        grant_op 5, copy_none
        grant_op 5, copy_read_only
        grant_op 1, unmap_wild
        grant_op 1, unmap_wrong
        grant_op 1, unmap_nothing
        grant_op 1, unmap_1
        grant_op 1, unmap_1_again
        grant_op 1, unmap_2
        grant_op 0, map_device
        grant_op 1, unmap_device
        grant_op 0, map_both
        grant_op 1, unmap_half
        grant_op 1, unmap_half_2
        grant_op 0, map_3
        grant_op 0, map_hole_2, 0
        grant_op 4, transfer_wild
        grant_op 4, transfer_mapped
        grant_op 10, get_version
        grant_op 10, get_version_others
        dq -1

shown:  dd setup + 8, size + 4, size + 12, size_others + 12, setup_many + 8
        dd map_1 + 18, map_2 + 18, map_read_only + 18, map_read_only_2 + 18, map_none + 18, map_wild + 18, map_others + 18
        dd map_far + 18, map_nothing + 18, map_hole + 18, map_unknown + 18, map_self + 18
        dd copy_from + 36, copy_to + 36, copy_frames + 36, copy_wild + 36, copy_wrong + 36, copy_long + 36, copy_others + 36
        dd copy_none + 36, copy_read_only + 36
        dd unmap_wild + 20, unmap_wrong + 20, unmap_nothing + 20, unmap_1 + 20, unmap_1_again + 20, unmap_2 + 20
        dd map_device + 18, unmap_device + 20, map_both + 18, unmap_half + 20, unmap_half_2 + 20, map_3 + 18
        dd transfer_wild + 16, transfer_mapped + 16, get_version + 4, PAGE_B, PAGE_B + 0x100, PAGE_A + 0x20, MAP_3
        dd GRANTS + 8 * 8 - 2
        dd 0

hexadecimal:
        db "0123456789abcdef"
digits: db "        ", 10
        align 8, db 0
reason: dd 0
own_frame:
        dq 0
table_frames:
        times 64 dq 0
reset:  dw SELF, 0
unbound:
        dw SELF, SELF
        dd -1
status: dw SELF, 0
        dd 1, -1, -1, 0, 0
        align 8, db 0
setup:  dw SELF, 0
        dd 1
        dd 0x7777, 0
        dq table_frames
setup_many:
        dw SELF, 0
        dd 10000
        dd 0x7777, 0
        dq table_frames
size:   dw SELF, 0
        dd -1, -1, 0x7777
size_others:
        dw 0x1234, 0
        dd -1, -1, 0x7777
%macro map 3-4 0                ; address, flags, reference, domain
        dq %1
        dd %2, %3
        dw %4, 0x7777
        dd 0
        dq 0
%endmacro
map_1:          map MAP_1, 2, 8
map_2:          map MAP_2, 6, 8
map_3:          map MAP_3, 2, 8
map_read_only:  map MAP_3, 2, 9
map_read_only_2:
                map MAP_3, 6, 9
map_none:       map MAP_3, 2, 10
map_wild:       map MAP_3, 2, 11
map_others:     map MAP_3, 2, 12
map_far:        map MAP_3, 2, 100000
map_nothing:    map MAP_3, 4, 8
map_hole:       map HOLE, 2, 8
map_hole_2:     map HOLE, 2, 8
map_device:     map 0, 1, 8
map_both:       map MAP_1, 3, 8
map_unknown:    map MAP_3, 2, 8, 0x1234
map_self:       map MAP_3, 2, 8, SELF
%macro side 3                   ; reference or frame, domain, offset
        dq %1
        dw %2, %3
        dd 0
%endmacro
%macro rest 2                   ; length, flags
        dw %1, %2
        dw 0x7777, 0
%endmacro
copy_from:      side 8, 0, 0
                side 8, 0, 0x20
                rest 8, 3
copy_to:        side 8, 0, 4
                side 0, SELF, 0
                rest 4, 1
copy_frames:    side 0, SELF, 0
                side 0, SELF, 0x100
                rest 8, 0
copy_wild:      side 0x7FFFFFFFFF, SELF, 0
                side 0, SELF, 0
                rest 8, 0
copy_wrong:     side 0, 0, 0
                side 0, SELF, 0
                rest 8, 0
copy_long:      side 8, 0, 4090
                side 0, SELF, 0
                rest 8, 1
copy_others:    side 8, 0x1234, 0
                side 0, SELF, 0
                rest 8, 1
copy_none:      side 10, 0, 0
                side 0, SELF, 0
                rest 8, 1
copy_read_only: side 0, SELF, 0
                side 9, 0, 0
                rest 8, 2
%macro unmap 3                  ; address, bus address, handle
        dq %1, %2
        dd %3, 0x7777
%endmacro
unmap_wild:     unmap MAP_1, 0, 0x7FFFFFFF
unmap_wrong:    unmap MAP_1 + 0x100000, 0, 0
unmap_nothing:  unmap 0, 0, 0
unmap_1:        unmap MAP_1, 0, 0
unmap_1_again:  unmap MAP_1, 0, 0
unmap_2:        unmap MAP_2, 0, 1
unmap_device:   unmap 0, 0x1000, 9
unmap_half:     unmap MAP_1, 0, 10
unmap_half_2:   unmap MAP_1, 0, 10
transfer_wild:  dq 0x7FFFFFFFFF
                dw 0x1234, 0
                dd 8
                dd 0x7777, 0
transfer_mapped:
                dq 0
                dw 0, 0
                dd 13
                dd 0x7777, 0
get_version:    dw SELF, 0
                dd -1
get_version_others:
                dw 0x1234, 0
                dd -1
        align 8, db 0
file_end:
