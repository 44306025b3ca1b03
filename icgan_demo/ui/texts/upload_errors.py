"""What can be wrong with the files that visitors send, by its English sentence; see ``error_texts``."""

KOREAN = {
    # --- pictures ---
    "This file is empty.": "빈 파일입니다.",
    "Not an image we can read (JPEG, PNG, WebP, GIF, BMP).": (
        "읽을 수 있는 이미지(JPEG, PNG, WebP, GIF, BMP)가 아닙니다."
    ),
    "The image could not be opened. Choose it again.": "이미지를 열 수 없습니다. 다시 선택하세요.",
    "The image file is damaged.": "이미지 파일이 손상되었습니다.",
    "The image file is damaged (reference {}).": "이미지 파일이 손상되었습니다(참조 번호 {}).",
    "The image file is incomplete. Save or copy it again.": (
        "이미지 파일의 일부가 빠져 있습니다. 다시 저장하거나 복사하세요."
    ),
    "{} is not supported; use JPEG, PNG or WebP.": "{} 형식은 지원하지 않습니다. JPEG, PNG 또는 WebP를 사용하세요.",
    "This kind of BMP is not supported; use JPEG, PNG or WebP.": (
        "이런 BMP는 지원하지 않습니다. JPEG, PNG 또는 WebP를 사용하세요."
    ),
    "This kind of JPEG is not supported; save it as an ordinary JPEG or as PNG.": (
        "이런 JPEG는 지원하지 않습니다. 일반 JPEG나 PNG로 저장해 주세요."
    ),
    "Image is too large: {}x{}. The limit is {} megapixels.": (
        "이미지가 너무 큽니다({}x{}). 최대 {}메가픽셀까지 사용할 수 있습니다."
    ),
    "Image is too large for its kind of file: {}. Save it smaller or as an ordinary JPEG.": (
        "이런 파일로는 이미지가 너무 큽니다({}). 더 작게 또는 일반 JPEG로 저장해 주세요."
    ),
    "Image is too small: it needs at least {}x{}.": "이미지가 너무 작습니다. {}x{} 이상이어야 합니다.",
    "Image is too narrow.": "이미지가 너무 가늘고 깁니다.",
    "Image took too long to read.": "이미지를 읽는 데 너무 오래 걸렸습니다.",
    "The image holds values that are not numbers.": "이미지에 숫자가 아닌 값이 있습니다.",
    "The image contains too much hidden data. Save it again without metadata.": (
        "이미지에 숨은 데이터가 너무 많습니다. 메타데이터 없이 다시 저장해 주세요."
    ),
    "Only the first frame is used.": "첫 프레임만 사용합니다.",
    "Transparency was filled with white.": "투명한 부분은 흰색으로 채웠습니다.",
    "The colour profile cannot be used and was ignored.": "색상 프로필을 사용할 수 없어 무시했습니다.",
    "The file is too large: the limit is {} MB.": "파일이 너무 큽니다. 최대 {} MB까지 사용할 수 있습니다.",
    "Videos cannot be read here: the decoder is not installed. Use images instead.": (
        "여기에는 디코더가 없어 동영상을 읽을 수 없습니다. 이미지를 사용하세요."
    ),
    # --- archives and collections ---
    "Only ZIP is supported.": "ZIP만 지원합니다.",
    "The ZIP file is damaged or incomplete. Please create it again.": (
        "ZIP 파일이 손상되었거나 일부가 빠져 있습니다. 다시 만들어 주세요."
    ),
    "The archive contains an unsafe path.": "압축 파일에 안전하지 않은 경로가 있습니다.",
    "Password-protected archives are not supported.": "암호가 걸린 압축 파일은 지원하지 않습니다.",
    "The archive contains links, which are not allowed.": "압축 파일에 링크가 있습니다. 링크는 허용되지 않습니다.",
    "Files in the archive overlap, which is not allowed.": (
        "압축 파일 안의 파일이 서로 겹칩니다. 이런 압축 파일은 허용되지 않습니다."
    ),
    "The archive took too long to read. Try fewer or smaller images.": (
        "압축 파일을 읽는 데 너무 오래 걸렸습니다. 이미지를 줄이거나 더 작은 이미지를 사용하세요."
    ),
    "Compressed in a way that is not supported.": "지원하지 않는 방식으로 압축되었습니다.",
    "An archive inside the archive; unpack it first.": "압축 파일 안에 압축 파일이 있습니다. 먼저 푸세요.",
    "Too many files: the limit is {}.": "파일이 너무 많습니다. 최대 {}개까지 사용할 수 있습니다.",
    "The archive expands to more than the {} MB limit.": "압축을 풀면 제한인 {} MB를 넘습니다.",
    "Names can be read as {}, not as {}.": "파일 이름은 {} 방식으로 읽을 수 있으며, {} 방식으로는 읽을 수 없습니다.",
    "The folder {} is empty.": "{} 폴더가 비어 있습니다.",
    "The names in the ZIP were read as {}, a guess.": "ZIP 안의 이름을 추측하여 {} 방식으로 읽었습니다.",
    "The classes come from dataset.json, not from the folders.": (
        "클래스는 폴더가 아니라 dataset.json에서 가져왔습니다."
    ),
    "Other files beside the images were ignored: {}.": "이미지가 아닌 파일 {}개는 무시했습니다.",
    "No usable image was found. {}: {}": "사용할 수 있는 이미지를 찾지 못했습니다. {}: {}",
    "No usable image was found. Give JPEG, PNG, WebP, GIF or BMP images.": (
        "사용할 수 있는 이미지를 찾지 못했습니다. JPEG, PNG, WebP, GIF 또는 BMP 이미지를 사용하세요."
    ),
    "{}: {}": "{}: {}",
    "There is no file or folder named {}.": "이름이 {}인 파일이나 폴더가 없습니다.",
    # --- training sets ---
    "Choose some images or a ZIP file first.": "먼저 이미지나 ZIP 파일을 선택하세요.",
    "Need at least {} different images; found {}.": "서로 다른 이미지가 {}장 이상 필요합니다. 지금은 {}장입니다.",
    "Need at least {} different images; found {} ({} duplicates).": (
        "서로 다른 이미지가 {}장 이상 필요합니다. 지금은 {}장입니다(중복 {}장)."
    ),
    "Need at least {} different images; found {}. Add more images.": (
        "서로 다른 이미지가 {}장 이상 필요합니다. 지금은 {}장입니다. 이미지를 더 추가하세요."
    ),
    "Need at least {} different images; found {} ({} duplicates, {} unusable). Add more images.": (
        "서로 다른 이미지가 {}장 이상 필요합니다. 지금은 {}장입니다(중복 {}장, 사용할 수 없는 이미지 {}장). "
        "이미지를 더 추가하세요."
    ),
    "Too many images: the limit is {}.": "이미지가 너무 많습니다. 최대 {}장까지 사용할 수 있습니다.",
    "The images take more than {} MB. Use fewer.": "이미지의 용량이 {} MB를 넘습니다. 이미지를 줄이세요.",
    "Too many classes: the limit is {}.": "클래스가 너무 많습니다. 최대 {}개까지 사용할 수 있습니다.",
    "Give the class a name of letters or digits.": "글자나 숫자로 된 클래스 이름을 입력하세요.",
    "The images are no longer here. Please add them again.": "이미지가 더는 없습니다. 다시 추가해 주세요.",
    "The page sent something odd. Please reload it.": "페이지가 알 수 없는 값을 보냈습니다. 페이지를 새로 고쳐 주세요.",
    "This page makes at most {} new images at a time; these would be {}. Ask for fewer of each, or use the "
    "command augment on your own machine.": (
        "이 페이지는 한 번에 새 이미지를 최대 {}장까지 생성합니다. 요청하신 것은 {}장입니다. 이미지당 수를 "
        "줄이거나, 내 컴퓨터에서 augment 명령을 사용하세요."
    ),
    # --- banks ---
    "Too many images: a bank holds at most {}.": "이미지가 너무 많습니다. 인스턴스 모음에는 최대 {}장까지 들어갑니다.",
    "There is no such map.": "그런 지도가 없습니다.",
    "Building the bank took too long. Try fewer or smaller images.": (
        "인스턴스 모음을 만드는 데 너무 오래 걸렸습니다. 이미지를 줄이거나 더 작은 이미지를 사용하세요."
    ),
    "This bank stays here: it is too large to be handed out.": "이 인스턴스 모음은 너무 커서 내려받을 수 없습니다.",
    "The bank is no longer here. Build it again, or open its file.": (
        "인스턴스 모음이 더는 없습니다. 다시 만들거나 모음 파일을 여세요."
    ),
    "There is no instance {} in this bank; it has {}.": "이 인스턴스 모음에 {}번 인스턴스가 없습니다. 모두 {}개입니다.",
    "This bank was made by another encoder than that of {}. Choose the model it was made with, or build it "
    "again from the images.": (
        "이 인스턴스 모음은 “{}” 모델과 다른 인코더로 만들었습니다. 모음을 만든 모델을 선택하거나, 이미지로 다시 "
        "만드세요."
    ),
    "The bank's file is larger than {} MB. Make one of fewer images.": (
        "모음 파일이 {} MB보다 큽니다. 더 적은 이미지로 만드세요."
    ),
    "This file is not a bank of instances, or it is damaged. Choose one that was saved here.": (
        "인스턴스 모음 파일이 아니거나 손상되었습니다. 여기에서 저장한 파일을 선택하세요."
    ),
    "A bank holds between 1 and {} images here; this one has {}.": (
        "여기에서는 인스턴스 모음에 이미지가 1~{}장 들어갑니다. 이 모음에는 {}장이 있습니다."
    ),
    "This file is not a bank of this version. Choose one that was saved here.": (
        "이 버전의 인스턴스 모음이 아닙니다. 여기에서 저장한 파일을 선택하세요."
    ),
    "This bank cannot be used: {}. Build it again.": "이 인스턴스 모음은 손상되어 사용할 수 없습니다. 다시 만드세요.",
    "Choose a bank of yours first.": "먼저 내 인스턴스 모음을 선택하세요.",
    # --- refused before they are read ---
    "This request is too large: the limit is {} MB.": (
        "한 번에 보내기에는 너무 큽니다. 최대 {} MB까지 보낼 수 있습니다."
    ),
    "The upload space is full. Please try again in an hour.": (
        "파일을 올릴 공간이 가득 찼습니다. 한 시간 뒤에 다시 시도하세요."
    ),
    "Your network has uploaded {} MB within an hour, its share of the space. Try again later.": (
        "이 네트워크에서 한 시간 동안 올릴 수 있는 {} MB를 모두 사용했습니다. 나중에 다시 시도하세요."
    ),
    "Please upload the file.": "파일을 올려 주세요.",
    "This address is not one of this page's own.": "이 페이지의 주소가 아닙니다.",
    "Only files of this page are served here.": "이 페이지의 파일만 제공합니다.",
    "Requests from other sites are not allowed.": "다른 사이트의 요청은 허용되지 않습니다.",
}
