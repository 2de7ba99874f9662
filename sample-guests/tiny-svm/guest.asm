; A hypervisor of a hundred instructions, on AMD's SVM. It asks CPUID for SVM, switches it on, describes a guest in a VMCB, and answers
; what leaves that guest, until it halts. Prints the letter of each exit: C for CPUID, I for a port, V for VMMCALL, H for HLT.

        org 0x1000
        bits 32

;@ cpu svm

COM1            equ 0x3F8
EFER            equ 0xC0000080
EFER_SVME       equ 1 << 12
VM_HSAVE_PA     equ 0xC0010117

HOST_SAVE       equ 0x20000     ; where VMRUN keeps the host's state
VMCB            equ 0x21000
IO_MAP          equ 0x22000     ; three pages, all ones: every port leaves

; Offsets in the VMCB, and what this hypervisor intercepts.
INTERCEPTS_60   equ VMCB + 0x00C
INTERCEPTS_80   equ VMCB + 0x010
IOPM_BASE       equ VMCB + 0x040
ASID            equ VMCB + 0x058
EXITCODE        equ VMCB + 0x070
EXITINFO2       equ VMCB + 0x080
GUEST_EFER      equ VMCB + 0x4D0
GUEST_CR0       equ VMCB + 0x558
GUEST_RFLAGS    equ VMCB + 0x570
GUEST_RIP       equ VMCB + 0x578
GUEST_RSP       equ VMCB + 0x5D8
GUEST_RAX       equ VMCB + 0x5F8

EXIT_CPUID      equ 0x72
EXIT_HLT        equ 0x78
EXIT_IOIO       equ 0x7B
EXIT_VMMCALL    equ 0x81

start:
        mov esp, 0x8000
        mov eax, 0x80000000
        cpuid
        cmp eax, 0x8000000A     ; is there a leaf about SVM?
        jb no_svm
        mov eax, 0x80000001
        cpuid
        test ecx, 1 << 2
        jz no_svm
;@ milestone svm-found

        mov ecx, EFER
        rdmsr
        or eax, EFER_SVME
        wrmsr
        mov ecx, VM_HSAVE_PA
        mov eax, HOST_SAVE
        xor edx, edx
        wrmsr

        cld
        mov edi, IO_MAP
        mov ecx, 3 * 1024
        mov eax, -1
        rep stosd

; The control area.
        mov dword [INTERCEPTS_60], 1 << (EXIT_CPUID - 0x60) | 1 << (EXIT_HLT - 0x60) | 1 << (EXIT_IOIO - 0x60)
        mov dword [INTERCEPTS_80], 1 << 0 | 1 << 1      ; VMRUN, which must be intercepted, and VMMCALL
        mov dword [IOPM_BASE], IO_MAP
        mov dword [ASID], 1                             ; 0 is the host's own

; The guest: real mode, segments at 0, RIP at its first instruction.
        mov edi, VMCB + 0x400                           ; ES, CS, SS, DS: selector, attributes, limit, base
        mov ecx, 4
.segment:
        mov dword [edi], 0x0093 << 16                   ; present, read and write
        mov dword [edi + 4], 0xFFFF
        add edi, 16
        loop .segment
        mov word [VMCB + 0x412], 0x009B                 ; CS is code
        mov dword [VMCB + 0x484], 0x3FF                 ; limit of IDTR
        mov dword [GUEST_EFER], EFER_SVME
        mov dword [GUEST_CR0], 0x10
        mov dword [GUEST_RFLAGS], 2
        mov dword [GUEST_RIP], guest
        mov dword [GUEST_RSP], 0x7000

; Its loop. What leaves has not been performed; the hypervisor does that, and moves RIP behind it.
enter_guest:
        mov eax, VMCB
        vmrun
;@ milestone exit
        mov ecx, [EXITCODE]
        cmp ecx, EXIT_CPUID
        je .cpuid
        cmp ecx, EXIT_IOIO
        je .port
        cmp ecx, EXIT_VMMCALL
        je .call
        cmp ecx, EXIT_HLT
        je .halt
        mov al, '?'
        call print
        jmp finish

.cpuid:
        mov al, 'C'
        call print
        mov dword [GUEST_RAX], 'a'                      ; what the guest asked for
        add dword [GUEST_RIP], 2
        jmp enter_guest

.port:
        mov al, 'I'
        call print
        mov al, [GUEST_RAX]                             ; the guest's letter goes out
        call print
        mov eax, [EXITINFO2]                            ; RIP of the next instruction
        mov [GUEST_RIP], eax
        jmp enter_guest

.call:
        mov al, 'V'
        call print
        add dword [GUEST_RIP], 3
        jmp enter_guest

.halt:
        mov al, 'H'
        call print
        jmp finish

no_svm:
        mov esi, no_svm_text
.next:
        lodsb
        test al, al
        jz finish
        call print
        jmp .next

finish:
        mov al, 10
        call print
        cli
        hlt

; Writes AL to COM1.
print:
        push edx
        mov dx, COM1
        out dx, al
        pop edx
        ret

no_svm_text:
        db "no SVM", 0

; The guest. It knows nothing of all this.
        bits 16
guest:
;@ milestone guest
        xor eax, eax
        cpuid                   ; the hypervisor answers 'a'
        mov dx, COM1
        out dx, al
        vmmcall
        inc al
        out dx, al
        hlt
