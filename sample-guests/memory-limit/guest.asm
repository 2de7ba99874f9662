; A control group with room for 16 pages of memory and one task. A process in it that wants a child is refused, and when
; it touches too many pages it is killed; the process that made the group goes on.
bits 64
org 0x400000

%define SYS_READ   0
%define SYS_WRITE  1
%define SYS_OPEN   2
%define SYS_CLOSE  3
%define SYS_MMAP   9
%define SYS_FORK   57
%define SYS_EXIT   60
%define SYS_WAIT4  61
%define SYS_MKDIR  83
%define O_WRONLY   1
%define PAGES      64

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

%macro text 2+
%1: db %2
%1_length equ $ - %1
%endmacro

%macro print 1
    call_kernel SYS_WRITE, 1, %1, %1_length
%endmacro

; Writes a text to a file that is there already.
%macro tell 2
    call_kernel SYS_OPEN, %1, O_WRONLY
    mov ebx, eax
    call_kernel SYS_WRITE, rbx, %2, %2_length
    call_kernel SYS_CLOSE, rbx
%endmacro

start:
    tell controllers_file, controllers
    call_kernel SYS_MKDIR, group, 0o755
    tell memory_file, memory_limit
    tell tasks_file, task_limit

    call_kernel SYS_FORK
    test eax, eax
    jz child
    mov r10d, 0
    call_kernel SYS_WAIT4, -1, status, 0
    mov al, [status]                    ; the signal that ended it
    add al, '0'
    mov [signal], al
    print killed_text
    call_kernel SYS_OPEN, events_file, 0
    mov ebx, eax
    call_kernel SYS_READ, rbx, buffer, 64
    mov r12, rax
    call_kernel SYS_WRITE, 1, buffer, r12
    call_kernel SYS_EXIT, 0

child:
;@ milestone limited
    tell members_file, self
;@ milestone refused
    call_kernel SYS_FORK
    cmp rax, -11                        ; EAGAIN
    jne .more
    print refused_text
.more:
    mov r10d, 0x22                      ; private, anonymous
    mov r8, -1
    mov r9d, 0
    call_kernel SYS_MMAP, 0, PAGES * 0x1000, 3
    mov ecx, PAGES
.touch:
;@ milestone touch
    mov byte [rax], 1
    add rax, 0x1000
    loop .touch
    print unlimited_text
    call_kernel SYS_EXIT, 0

controllers_file: db "/sys/fs/cgroup/cgroup.subtree_control", 0
group: db "/sys/fs/cgroup/small", 0
memory_file: db "/sys/fs/cgroup/small/memory.max", 0
tasks_file: db "/sys/fs/cgroup/small/pids.max", 0
members_file: db "/sys/fs/cgroup/small/cgroup.procs", 0
events_file: db "/sys/fs/cgroup/small/memory.events", 0
text controllers, "+memory +pids"
text memory_limit, "65536"
text task_limit, "1"
text self, "0"
text refused_text, "a second task: refused", 10
text unlimited_text, "nobody minded", 10
killed_text: db "the greedy one was ended by signal "
signal: db "?", 10
killed_text_length equ $ - killed_text
align 4
status: dd 0
buffer: times 64 db 0
end:
