; A program for Linux on x86-64, not software for a machine: it runs in ring 3 and lives by system calls. Its first
; bytes are an ELF header written by hand, so that the assembled file is a program as it stands:
;
;     ./ringside assemble sample-guests/linux-program/guest.asm -o program; chmod +x program; ./program
;
; A process and its child have the same memory at first. Once one of them writes to a private page it gets a page of
; its own; a shared page stays one.
bits 64
org 0x400000

%define SYS_WRITE  1
%define SYS_MMAP   9
%define SYS_FORK   57
%define SYS_EXIT   60
%define SYS_WAIT4  61
%define PROT_READ_WRITE 3
%define MAP_SHARED_ANONYMOUS 0x21

elf_header:
    db 0x7F, "ELF", 2, 1, 1, 0          ; 64-bit, little-endian, version 1, System V
    dq 0
    dw 2, 62                            ; ET_EXEC, EM_X86_64
    dd 1
    dq start, program_header - elf_header, 0
    dd 0
    dw 64, 56, 1, 64, 0, 0
program_header:
    dd 1, 7                             ; PT_LOAD, read, write and execute
    dq 0, elf_header, elf_header, end - elf_header, end - elf_header, 0x1000

%macro print 1
    mov eax, SYS_WRITE
    mov edi, 1
    mov esi, %1
    mov edx, %1_length
    syscall
%endmacro

%macro text 2+
%1: db %2
%1_length equ $ - %1
%endmacro

start:
    mov eax, SYS_MMAP
    xor edi, edi
    mov esi, 0x1000
    mov edx, PROT_READ_WRITE
    mov r10d, MAP_SHARED_ANONYMOUS
    mov r8, -1
    xor r9d, r9d
    syscall
    mov rbx, rax                        ; the shared page

    mov eax, SYS_FORK
;@ milestone fork
    syscall
    test eax, eax
    jz child

    mov eax, SYS_WAIT4
    mov rdi, -1
    mov esi, status
    xor edx, edx
    xor r10d, r10d
;@ milestone wait
    syscall
    mov al, [private]
    add al, '0'
    mov [parent_private], al
    mov al, [rbx]
    add al, '0'
    mov [parent_shared], al
    print parent_text
    movzx edi, byte [status + 1]        ; what the child gave to exit
    mov eax, SYS_EXIT
    syscall

child:
;@ milestone copy-on-write
    inc byte [private]
    inc byte [rbx]
    print child_text
    mov edi, 7
    mov eax, SYS_EXIT
    syscall

text child_text, "child:  private 1, shared 1", 10
parent_text: db "parent: private "
parent_private: db "?, shared "
parent_shared: db "?", 10
parent_text_length equ $ - parent_text

private: db 0
align 4
status: dd 0
end:
