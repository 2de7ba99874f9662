; Two containers at once, made by a program that asks its kernel for each part of them: namespaces by clone, a host
; name, a root directory, a filter of system calls. There is no guest kernel: all three processes have the same one.
; As root, or where users may make user namespaces, the assembled file does the same on a real Linux.
bits 64
org 0x400000

%define SYS_READ        0
%define SYS_WRITE       1
%define SYS_OPEN        2
%define SYS_PIPE        22
%define SYS_GETPID      39
%define SYS_CLONE       56
%define SYS_EXIT        60
%define SYS_WAIT4       61
%define SYS_UNAME       63
%define SYS_CHDIR       80
%define SYS_MKDIR       83
%define SYS_RMDIR       84
%define SYS_PRCTL       157
%define SYS_CHROOT      161
%define SYS_SETHOSTNAME 170

; NEWNS | NEWUTS | NEWUSER | NEWPID, and SIGCHLD when it ends
%define CONTAINER 0x20000 | 0x4000000 | 0x10000000 | 0x20000000 | 17

%define PR_SET_SECCOMP 22
%define PR_SET_NO_NEW_PRIVS 38
%define SECCOMP_MODE_FILTER 2
%define SECCOMP_RET_ALLOW 0x7FFF0000
%define SECCOMP_RET_EPERM 0x00050001

elf_header:
    db 0x7F, "ELF", 2, 1, 1, 0
    dq 0
    dw 2, 62
    dd 1
    dq start, program_header - elf_header, 0
    dd 0
    dw 64, 56, 1, 64, 0, 0
program_header:
    dd 1, 7
    dq 0, elf_header, elf_header, end - elf_header, end - elf_header, 0x1000

%macro call_kernel 1-4
    mov eax, %1
%if %0 > 1
    mov rdi, %2
%endif
%if %0 > 2
    mov rsi, %3
%endif
%if %0 > 3
    mov rdx, %4
%endif
    syscall
%endmacro

%macro print 1
    call_kernel SYS_WRITE, 1, %1, %1_length
%endmacro

%macro text 2+
%1: db %2
%1_length equ $ - %1
%endmacro

start:
    call_kernel SYS_UNAME, names
    call_kernel SYS_MKDIR, alpha_root, 0o755
    call_kernel SYS_MKDIR, beta_root, 0o755
    call_kernel SYS_PIPE, ends

    mov r12d, alpha_root
    mov r13d, alpha_name
    mov r14d, alpha_name_length
    call_kernel SYS_CLONE, CONTAINER, 0
    test eax, eax
;@ milestone alpha
    jz container
    js refused

    mov r12d, beta_root
    mov r13d, beta_name
    mov r14d, beta_name_length
    call_kernel SYS_CLONE, CONTAINER, 0
    test eax, eax
;@ milestone beta
    jz second

    mov ebx, 2
.wait:
    mov r10d, 0
    call_kernel SYS_WAIT4, -1, 0, 0
    dec ebx
    jnz .wait

    call_kernel SYS_UNAME, names_later
    mov esi, names
    mov edi, names_later
    mov ecx, 6 * 65
    repe cmpsb
    jne .changed
    print unchanged_text
.changed:
    call_kernel SYS_RMDIR, alpha_root
    call_kernel SYS_RMDIR, beta_root
    call_kernel SYS_EXIT, 0

refused:
    print refused_text
    call_kernel SYS_EXIT, 1

second:                                 ; beta waits until alpha has spoken
    mov edi, [ends]
    call_kernel SYS_READ, rdi, names_later, 1

container:                              ; r12 root, r13 name, r14 its length
    call_kernel SYS_SETHOSTNAME, r13, r14
;@ milestone chroot
    call_kernel SYS_CHROOT, r12
    call_kernel SYS_CHDIR, slash
    call_kernel SYS_UNAME, names
    call_kernel SYS_WRITE, 1, names + 65, r14
    call_kernel SYS_GETPID
    add al, '0'
    mov [number], al
    print number_text

    call_kernel SYS_OPEN, device, 0
    cmp rax, -2                         ; ENOENT
    jne .sees
    print alone_text
.sees:
    mov r10d, 0
    mov r8d, 0
    call_kernel SYS_PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0
    call_kernel SYS_PRCTL, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_program
;@ milestone filtered
    call_kernel SYS_MKDIR, directory, 0o755
    cmp rax, -1                         ; EPERM
    jne .free
    print filtered_text
.free:
    mov edi, [ends + 4]
    call_kernel SYS_WRITE, rdi, slash, 1
    call_kernel SYS_EXIT, 0

text alpha_name, "alpha"
text beta_name, "beta"
alpha_root: db "/tmp/ringside-alpha", 0
beta_root: db "/tmp/ringside-beta", 0
slash: db "/", 0
device: db "/dev/null", 0
directory: db "directory", 0

number_text: db ": process "
number: db "?, "
number_text_length equ $ - number_text
text alone_text, "nothing of the host to see, "
text filtered_text, "mkdir refused", 10
text unchanged_text, "host: the same name as before", 10
text refused_text, "this kernel makes no namespaces for this user", 10

align 8
filter:                                 ; struct sock_filter: code, jt, jf, k
    dw 0x20                             ; A = number of the call
    db 0, 0
    dd 0
    dw 0x15                             ; if it is not mkdir, skip one
    db 0, 1
    dd SYS_MKDIR
    dw 0x06
    db 0, 0
    dd SECCOMP_RET_EPERM
    dw 0x06
    db 0, 0
    dd SECCOMP_RET_ALLOW
filter_program:                         ; struct sock_fprog
    dq 4
    dq filter
ends: dd 0, 0
names: times 6 * 65 db 0
names_later: times 6 * 65 db 0
end:
