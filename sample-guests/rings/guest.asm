; The same CLI twice: at ring 0, where it clears IF, and at ring 3, where it is a general-protection fault.
; It starts in flat 32-bit protected mode at ring 0. To go to ring 3 and come back, a kernel needs three things:
; descriptors for ring 3, a TSS that names the stack for the way back, and an interrupt gate for the fault.

        org 0x1000
%ifdef XEN_PV
; The port for Xen. Its descriptors, its TSS and its gates are the hypervisor's: a kernel says where its handlers and its
; stack are. With 64-bit code both kernel and programs run at ring 3, and Xen keeps in mind who runs.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the page shared with Xen is mapped here, on top of an empty one
KERNEL_STACK    equ 0x5000
USER_STACK      equ 0x6000
MEMORY_END      equ 0x6000

UPCALL_MASK     equ SHARED_INFO + 1

SET_TRAP_TABLE  equ HYPERCALL_PAGE + 0 * 32
STACK_SWITCH    equ HYPERCALL_PAGE + 3 * 32
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32    ; update_va_mapping
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
MMUEXT_OP       equ HYPERCALL_PAGE + 26 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

CODE            equ 0xE033      ; Xen's flat selectors for ring 3
DATA            equ 0xE02B

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
%else
        bits 32

%ifdef XEN_PVH
; The port for a domain on virtualizing hardware: it starts in flat 32-bit protected mode, too, and has rings of its own. Only a
; serial port it has not.
HYPERCALL_PAGE  equ 0x2000      ; Xen fills it where it is asked to
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

file:   db 0x7F, "ELF", 1, 1, 1, 0
        dq 0
        dw 2, 3                 ; an executable for 32-bit x86
        dd 1
        dd start, headers - file, 0
        dd 0
        dw 52, 32, 2, 40, 0, 0
headers:
        dd 1, 0, file, file     ; this file is loaded, with an empty page behind it,
        dd file_end - file, 0x2000, 7, 0x1000
        dd 4, notes - file, notes, notes        ; and has notes
        dd notes_end - notes, notes_end - notes, 4, 4

notes:  dd 4, 4, 18             ; PHYS32_ENTRY
        db "Xen", 0
        dd start
notes_end:

reason: dd 0                    ; SHUTDOWN_poweroff
%endif

KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
USER_CODE       equ 0x18 + 3    ; the low two bits of a selector ask for a ring
USER_DATA       equ 0x20 + 3
TASK            equ 0x28
KERNEL_STACK    equ 0x8000
USER_STACK      equ 0x9000
%endif

start:
        mov esp, KERNEL_STACK
%ifdef XEN_PV
; A program needs page tables of its own; this one gets the kernel's. RSI: start_info; the first table's address (pt_base)
; is a frame of the domain, and the list of its machine frames (mfn_list) tells the machine's number.
        mov rax, [rsi + 88]
        shr rax, 12
        mov rcx, [rsi + 104]
        mov rax, [rcx + rax * 8]
        mov [user_base], rax
        mov rsi, [rsi + 40]     ; the machine address of shared_info
        or rsi, 3               ; present and writable
        mov edi, SHARED_INFO
        mov edx, 2              ; UVMF_INVLPG
        call UPDATE_VA

        mov edi, new_user_base
        mov esi, 1              ; one operation,
        xor edx, edx            ; whose number done nobody asks for,
        mov r10d, 0x7FF0        ; on this domain's own tables
        call MMUEXT_OP

        mov edi, traps
        call SET_TRAP_TABLE
        mov edi, DATA
        mov esi, KERNEL_STACK
        call STACK_SWITCH
%else
%ifdef XEN_PVH
        mov eax, 0x40000002     ; the leaf that says which register fills the hypercall page: EBX
        cpuid
        mov ecx, ebx
        mov eax, HYPERCALL_PAGE
        xor edx, edx
        wrmsr
%endif
        lgdt [gdt_pointer]      ; entries 08H and 10H are as before, so CS, SS and DS need no reload
        lidt [idt_pointer]
        mov ax, TASK
        ltr ax                  ; also marks the TSS busy in the table
%endif
;@ milestone tables-loaded

%ifdef XEN_PV
        mov byte [UPCALL_MASK], 1       ; CLI would be a fault, for the kernel too; Xen looks at this byte before it calls
%else
        cli                     ; CPL 0 <= IOPL: runs
%endif
;@ milestone ring-0-done
        mov esi, ring_0_text
        call print

; There is no instruction "go to ring 3": a kernel pretends to return there.
%ifdef XEN_PV
        push DATA               ; SS
        push USER_STACK         ; RSP
        push 2                  ; RFLAGS: events off
        push CODE               ; CS: its low two bits are 3, so Xen returns to a program
        push user_program       ; RIP
        push 0                  ; RCX and R11 count; the call itself pushes them and RAX
        jmp XEN_IRET
%else
        push USER_DATA          ; SS
        push USER_STACK         ; ESP
        push 2                  ; EFLAGS: IOPL 0, interrupts off
        push USER_CODE          ; CS
        push user_program       ; EIP
        iret                    ; DS and ES hold ring-0 data: the processor empties them on the way out
%endif

user_program:
;@ milestone in-ring-3
        cli                     ; CPL 3 > IOPL 0: #GP(0), and EIP stays here

; The gate led here: ring 0 again, on the stack that the TSS names.
general_protection:
;@ milestone fault-delivered
%ifndef XEN_PV
        mov ax, KERNEL_DATA
        mov ds, ax              ; DS is empty since the way out
%endif
        mov esi, ring_3_text
        call print
%ifdef XEN_PV
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP           ; does not return

; Writes the zero-terminated text at ESI to Xen's console.
print:
        mov edx, esi
.next:
        cmp byte [rsi], 0
        je .done
        inc esi
        jmp .next
.done:
        sub esi, edx            ; its length
        xor edi, edi            ; CONSOLEIO_write
        jmp CONSOLE_IO
%elifdef XEN_PVH
        mov ebx, 2              ; SCHEDOP_shutdown
        mov ecx, reason
        call SCHED_OP           ; does not return

; Writes the zero-terminated text at ESI to Xen's console.
print:
        mov edx, esi
.next:
        cmp byte [esi], 0
        je .done
        inc esi
        jmp .next
.done:
        sub esi, edx
        mov ecx, esi            ; its length
        xor ebx, ebx            ; CONSOLEIO_write
        jmp CONSOLE_IO
%else
        hlt

; Writes the zero-terminated text at ESI to COM1.
print:
        mov dx, 0x3F8
.next:
        mov al, [esi]
        test al, al
        jz .done
        out dx, al
        inc esi
        jmp .next
.done:
        ret
%endif

ring_0_text:
        db "ring 0: ok", 10, 0
ring_3_text:
        db "ring 3: #GP", 10, 0

%ifdef XEN_PV
        align 8, db 0
traps:                          ; vector, flags, CS, address; vector 13 is for ring 0 alone
        db 13, 0
        dw CODE, 0, 0
        dq general_protection
        dq 0, 0
new_user_base:
        dq 15                   ; MMUEXT_NEW_USER_BASEPTR
user_base:
        dq 0, 0
reason: dd 0                    ; SHUTDOWN_poweroff
%else
; Descriptors, lowest byte last: base, flags and limit, access rights, base, limit. All are already marked accessed.
        align 8
gdt:
        dq 0
        dq 0x00CF9B000000FFFF   ; 08H: code, ring 0, 4 GiB
        dq 0x00CF93000000FFFF   ; 10H: data, ring 0
        dq 0x00CFFB000000FFFF   ; 18H: code, ring 3
        dq 0x00CFF3000000FFFF   ; 20H: data, ring 3
        dw tss_end - tss - 1, tss, 0x8900, 0    ; 28H: available 32-bit TSS
gdt_end:

gdt_pointer:
        dw gdt_end - gdt - 1
        dd gdt

        align 8
idt:
        times 13 dq 0
        dw general_protection, KERNEL_CODE, 0x8E00, 0   ; 13: 32-bit interrupt gate for ring 0
idt_end:

idt_pointer:
        dw idt_end - idt - 1
        dd idt

; Of a TSS the processor reads here only the stack of ring 0.
        align 8
tss:
        dd 0, KERNEL_STACK, KERNEL_DATA
        times 104 - 12 db 0
tss_end:
%endif
file_end:
