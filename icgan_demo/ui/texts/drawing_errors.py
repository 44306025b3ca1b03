"""What can be wrong with what is to be generated, by its English sentence; see ``error_texts``."""

KOREAN = {
    # --- the page ---
    "Choose a photo first: drop one, or click an example.": (
        "먼저 사진을 선택하세요. 사진을 놓거나 예시를 클릭하면 됩니다."
    ),
    "Generate something first.": "먼저 이미지를 생성하세요.",
    'These values do not fit. See "Use via API", or reload the page.': (
        '값이 맞지 않습니다. "API를 통해 사용"을 보거나 페이지를 새로 고치세요.'
    ),
    "This page generates at most {} images at a time, candidates and frames of a film included; these would be "
    "{}. Ask for fewer, or use your own machine.": (
        "이 페이지는 후보와 영상의 프레임을 포함해 한 번에 이미지를 최대 {}장까지 생성합니다. 요청하신 것은 "
        "{}장입니다. 수를 줄이거나 내 컴퓨터에서 실행하세요."
    ),
    # --- instances and mixes ---
    "At most {} classes can be blended, got {}.": "클래스는 최대 {}개까지 섞을 수 있습니다. 받은 수: {}개.",
    "Between 1 and {} instances can be mixed, got {}.": "인스턴스는 1~{}개까지 섞을 수 있습니다. 받은 수: {}개.",
    "{} instances need as many weights, got {}.": "인스턴스 {}개에는 같은 수의 가중치가 필요합니다. 받은 수: {}개.",
    "All weights are zero. Give at least one instance some weight.": (
        "가중치가 모두 0입니다. 인스턴스 하나 이상에 가중치를 주세요."
    ),
    "All weights are zero. Give at least one class some weight.": (
        "가중치가 모두 0입니다. 클래스 하나 이상에 가중치를 주세요."
    ),
    "The instance feature is damaged. Choose the photo again.": (
        "인스턴스의 특징이 손상되었습니다. 사진을 다시 선택하세요."
    ),
    "The instance does not belong to {}. Choose the photo again.": (
        "{} 모델의 인스턴스가 아닙니다. 사진을 다시 선택하세요."
    ),
    "There is no stored instance {}; this model has {}.": (
        "{}번 인스턴스가 없습니다. 이 모델에 저장된 인스턴스는 {}개입니다."
    ),
    "{} has no stored instances to start from. Drop a photo instead.": (
        "{} 모델에는 시작할 인스턴스가 저장되어 있지 않습니다. 대신 사진을 놓으세요."
    ),
    "{} has no stored instances, so it has no centres to truncate towards.": (
        "{} 모델에는 저장된 인스턴스가 없어 truncation의 중심이 없습니다."
    ),
    "Between 1 and {} seeds can be used at once, got {}.": (
        "시드는 한 번에 1~{}개까지 사용할 수 있습니다. 받은 수: {}개."
    ),
    "Found noise generates one image, not {}.": "찾은 노이즈로는 이미지를 한 장만 생성합니다. 요청한 수: {}장.",
    "The noise leaves the range that its truncation allows.": "노이즈가 truncation이 허용하는 범위를 벗어납니다.",
    "The found noise does not belong to {}, which takes {} numbers.": (
        "찾은 노이즈는 {} 모델의 것이 아닙니다. 이 모델은 숫자 {}개를 받습니다."
    ),
    "One photo is redrawn at a time, not a mix of several.": (
        "사진은 한 번에 한 장만 다시 그립니다. 여러 장을 섞은 것은 사용할 수 없습니다."
    ),
    "Redraw the photo first: the sliders change what is found.": (
        "먼저 사진을 다시 그리세요. 슬라이더는 찾은 것을 바꿉니다."
    ),
    "The handle of the pad has no position. Reload the page.": (
        "손잡이의 위치를 알 수 없습니다. 페이지를 새로 고치세요."
    ),
    "Put an instance at a corner first.": "먼저 모서리에 인스턴스를 놓으세요.",
    "Corner {} is empty. Put an instance there, or take the style of another.": (
        "{}번 모서리가 비어 있습니다. 그곳에 인스턴스를 놓거나 다른 모서리의 스타일을 사용하세요."
    ),
    "One instance must stay. Put another one at a corner first.": (
        "인스턴스가 하나는 남아 있어야 합니다. 먼저 다른 모서리에 인스턴스를 놓으세요."
    ),
    "Choose a point of the map first.": "먼저 지도에서 점을 선택하세요.",
    # --- search ---
    "Use at most {} characters to describe the image.": "이미지 설명은 최대 {}자까지 쓸 수 있습니다.",
    "Only OpenCLIP understands text. Choose an image instead.": (
        "문구는 OpenCLIP만 이해합니다. 대신 이미지를 선택하세요."
    ),
    "Choose a second image for the first one to resemble.": "비슷하게 만들 두 번째 이미지를 선택하세요.",
    "The model's encoder needs the feature of the second image. Choose it again.": (
        "모델의 인코더에는 두 번째 이미지의 특징이 필요합니다. 다시 선택하세요."
    ),
    "OpenCLIP compares images, not features. Choose the second image again.": (
        "OpenCLIP은 특징이 아니라 이미지를 비교합니다. 두 번째 이미지를 다시 선택하세요."
    ),
    "The two images belong to different models. Choose the second one again.": (
        "두 이미지의 모델이 다릅니다. 두 번째 이미지를 다시 선택하세요."
    ),
    "Searching by words needs OpenCLIP weights. Put an OpenCLIP weights file, named after its architecture (for "
    "example ViT-B-32.safetensors), into the folder encoders/openclip of the model folder.": (
        "문구로 탐색하려면 OpenCLIP 가중치가 필요합니다. ViT-B-32.safetensors처럼 아키텍처 이름을 붙인 파일을 모델 "
        "폴더의 encoders/openclip에 넣으세요."
    ),
    # --- explore and history ---
    "An image has one parent or two, got {}.": "이미지의 부모는 하나 또는 둘입니다. 받은 수: {}.",
    "The two images belong to different models. Choose two of one model.": (
        "두 이미지의 모델이 다릅니다. 같은 모델의 이미지 두 장을 선택하세요."
    ),
    "This child is no longer shown. Choose one of the images that are.": (
        "이 자식 이미지는 더는 보이지 않습니다. 보이는 이미지 중 하나를 선택하세요."
    ),
    "Choose a partner first: click an image, “Use as partner”, then click another one.": (
        "먼저 짝을 정하세요. 이미지를 클릭해 ‘짝으로 지정’을 누른 뒤 다른 이미지를 클릭하면 됩니다."
    ),
    "There is no step to take back.": "되돌릴 단계가 없습니다.",
    "This image is no longer in the family tree. Choose another one.": (
        "이 이미지는 가계도에 더는 없습니다. 다른 이미지를 선택하세요."
    ),
    "A family tree holds {} images. Save it, then remove a branch.": (
        "가계도에는 이미지가 {}장까지 들어갑니다. 저장한 뒤 가지를 지우세요."
    ),
    "The family tree is larger than 4 MB, so it was not written by this program.": (
        "가계도가 4 MB보다 큽니다. 이 프로그램이 쓴 파일이 아닙니다."
    ),
    "The family tree is damaged: an image comes before its parent.": (
        "가계도가 손상되었습니다. 부모보다 먼저 나오는 이미지가 있습니다."
    ),
    "A recipe in the family tree is larger than 1 MB.": "가계도에 1 MB보다 큰 레시피가 있습니다.",
    "The family tree in this file is empty.": "이 파일의 가계도는 비어 있습니다.",
    "An image is wanted here; this recipe is of several, or of a path.": (
        "여기에는 이미지 한 장이 필요합니다. 이것은 여러 장 또는 경로의 레시피입니다."
    ),
    "There can be {} favourites. Remove the star from another one first.": (
        "즐겨찾기는 {}장까지 둘 수 있습니다. 먼저 다른 이미지의 별표를 해제하세요."
    ),
    "This image is gone. Generate it again, or open a file that you saved.": (
        "이 이미지는 더는 없습니다. 다시 생성하거나 저장한 파일을 여세요."
    ),
    "There is nothing to export yet. Generate something, or star an image.": (
        "아직 내보낼 것이 없습니다. 이미지를 생성하거나 별표하세요."
    ),
    # --- paths and films ---
    "A path has between 2 and {} stops, got {}.": "경로의 경유점은 2~{}개여야 합니다. 받은 수: {}개.",
    "A path has at most {} stops. Remove one first.": "경로의 경유점은 최대 {}개입니다. 먼저 하나를 빼세요.",
    "A path needs at least two stops. Add some from the other pages or from the bank.": (
        "경로에는 경유점이 두 개 이상 필요합니다. 다른 페이지나 인스턴스 모음에서 추가하세요."
    ),
    "The stops belong to different models. Clear the path and start again.": (
        "경유점의 모델이 서로 다릅니다. 경로를 비우고 다시 시작하세요."
    ),
    "A path has at most {} frames, this one has {}. Shorten some parts.": (
        "경로는 최대 {}프레임입니다. 이 경로는 {}프레임이니 몇 구간을 줄이세요."
    ),
    "The film can be 1, 2 or 4 times as large as the images, got {}.": (
        "영상의 크기는 이미지의 1, 2, 4배 중 하나여야 합니다. 입력한 값: {}."
    ),
    "There are no frames to film.": "영상으로 만들 프레임이 없습니다.",
    "The video encoder is not installed. Choose GIF or WebP.": (
        "비디오 인코더가 설치되어 있지 않습니다. GIF나 WebP를 선택하세요."
    ),
    "Only a path can be drawn by another model; this is the recipe of single images.": (
        "다른 모델로 다시 생성할 수 있는 것은 경로뿐입니다. 이것은 낱장 이미지의 레시피입니다."
    ),
    # --- directions ---
    "{} directions are in use already. Remove one of them first.": (
        "이미 방향 {}개를 사용 중입니다. 먼저 하나를 빼세요."
    ),
    "This direction is no longer shown. Click one of those that are.": (
        "이 방향은 더는 보이지 않습니다. 보이는 방향 중 하나를 클릭하세요."
    ),
    "At most {} directions can be combined, got {}.": "방향은 최대 {}개까지 함께 쓸 수 있습니다. 받은 수: {}개.",
    "The direction is damaged. Look for it again.": "방향이 손상되었습니다. 다시 찾으세요.",
    "Only a direction of the condition can be that of one block.": "조건의 방향만 한 블록의 방향이 될 수 있습니다.",
    "Directions by {} are not those of one block. Leave the side out.": (
        "{} 방향은 한 블록의 방향이 아닙니다. 맵의 크기를 비워 두세요."
    ),
    "A difference needs 1 to {} instances on each side, got {}.": (
        "양쪽에 인스턴스가 1~{}개씩 있어야 합니다. 받은 수: {}개."
    ),
    "Both sides of the difference have the same mean. Choose other instances.": (
        "양쪽의 평균이 같습니다. 다른 인스턴스를 선택하세요."
    ),
    "{} has no stored instances to compare. Take directions of the noise.": (
        "{} 모델에는 비교할 인스턴스가 저장되어 있지 않습니다. 노이즈의 방향을 사용하세요."
    ),
    "{} has no stored instances to compare images with.": (
        "{} 모델에는 이미지와 비교할 인스턴스가 저장되어 있지 않습니다."
    ),
    "{} has blocks of {} px, not of {}.": "{} 모델의 블록은 {} px입니다. {} px 블록은 없습니다.",
    "The direction does not belong to {}. Look for it again with this model.": (
        "{} 모델의 방향이 아닙니다. 이 모델로 다시 찾으세요."
    ),
    "The file of directions is larger than 8 MB, so it was not written by this program.": (
        "방향 파일이 8 MB보다 큽니다. 이 프로그램이 쓴 파일이 아닙니다."
    ),
    "The directions belong to another model than {}. Look for them again with it.": (
        "{} 모델의 방향이 아닙니다. 이 모델로 다시 찾으세요."
    ),
    "Give the direction a name of 1 to {} characters.": "방향의 이름을 1~{}자로 입력하세요.",
    "At most {} directions of a model can be kept. Delete one first.": (
        "모델마다 방향을 최대 {}개까지 보관할 수 있습니다. 먼저 하나를 삭제하세요."
    ),
    "A direction must be one as /directions returns it.": "방향은 /directions가 돌려준 것이어야 합니다.",
    "This model has no such direction. Choose another one.": (
        "이 모델에는 그런 방향이 없습니다. 다른 방향을 선택하세요."
    ),
    # --- grids ---
    "A grid has between 1 and {} rows and columns, got {}.": "격자의 행과 열은 각각 1~{}개여야 합니다. 받은 수: {}개.",
    "The {} has a value twice. Give each once.": "{}: 같은 값이 두 번 있습니다. 값마다 한 번씩만 쓰세요.",
    "The values of the {} must be {}, got {}.": "{}: 값은 {} 형식이어야 합니다. 입력한 값: {}.",
    "names": "이름",
    "numbers": "숫자",
    "The {} must be a whole number, got {}.": "{}: 정수여야 합니다. 입력한 값: {}.",
    "Rows and columns change the same setting. Choose two different ones.": (
        "행과 열이 같은 설정을 바꿉니다. 서로 다른 두 설정을 선택하세요."
    ),
    "The grid does not hold an image for each of its models.": "격자에 모델마다 이미지가 하나씩 있지 않습니다.",
    "Choose an instance that gives the style of the fine blocks.": "세부 스타일을 가져올 인스턴스를 선택하세요.",
    "Choose a direction along which the image is to change.": "이미지를 바꿀 방향을 선택하세요.",
    "A direction belongs to one model. Let something else change beside it.": (
        "방향은 한 모델의 것입니다. 모델 대신 다른 설정을 함께 바꾸세요."
    ),
    "This image has noise of its own and no seed. Choose another setting.": (
        "이 이미지에는 시드 없이 자체 노이즈가 있습니다. 다른 설정을 선택하세요."
    ),
    "Choose a class whose weight is to change.": "비중을 바꿀 클래스를 선택하세요.",
    "The values must be numbers with a semicolon between them, got {}.": (
        "값은 세미콜론으로 구분한 숫자여야 합니다. 입력한 값: {}."
    ),
    "{} holds no models that were compared. Make some with `compare`.": (
        "{} 폴더에 비교한 모델이 없습니다. `compare` 명령으로 만드세요."
    ),
    "The folder {} cannot be written. Choose another one.": "{} 폴더에 쓸 수 없습니다. 다른 폴더를 선택하세요.",
    # --- recipes ---
    "This image contains no recipe; copying and pasting it loses that. Drop the PNG that this page or its "
    "command line saved, or recipe.json.": (
        "이 이미지에는 레시피가 없습니다. 복사해서 붙여 넣으면 레시피가 사라집니다. 이 페이지나 명령줄에서 저장한 "
        "PNG 또는 recipe.json을 놓으세요."
    ),
    "The recipe needs the model {}, which is not on this machine.": "레시피에 필요한 {} 모델이 이 컴퓨터에 없습니다.",
    "The recipe belongs to another version of {}; this one generates other images from it.": (
        "레시피는 “{}” 모델의 다른 버전에서 만든 것이라 지금 버전에서는 다른 이미지가 생성됩니다."
    ),
    "The recipe is larger than 1 MB, so it was not written by this program.": (
        "레시피가 1 MB보다 큽니다. 이 프로그램이 쓴 파일이 아닙니다."
    ),
    "This is the recipe of a whole grid: `icgan-demo grid --recipe` draws it again.": (
        "격자 전체의 레시피입니다. `icgan-demo grid --recipe` 명령으로 다시 생성할 수 있습니다."
    ),
    "This file contains no recipe of a grid. Use a PNG that the Grids page saved.": (
        "이 파일에는 격자의 레시피가 없습니다. 격자 페이지에서 저장한 PNG를 사용하세요."
    ),
    "The recipe of a grid must hold single images.": "격자의 레시피에는 낱장 이미지만 들어갈 수 있습니다.",
    "The centre in the recipe does not match its version.": "레시피의 중심이 레시피의 버전과 맞지 않습니다.",
    "What the recipe holds does not match its version.": "레시피의 내용이 레시피의 버전과 맞지 않습니다.",
    "The parts of the path in the recipe do not match its version.": (
        "레시피의 경로 구간이 레시피의 버전과 맞지 않습니다."
    ),
    "The recipe names an instance that it does not hold.": "레시피에 없는 인스턴스를 가리킵니다.",
    "This recipe holds more instances than the page has corners. Generate it on the command line.": (
        "이 레시피의 인스턴스가 페이지의 모서리보다 많습니다. 명령줄에서 생성하세요."
    ),
    "This is the recipe of a path. Open it in Travel, or one of its stops here.": (
        "경로의 레시피입니다. 경로 페이지에서 열거나, 그 경유점 하나를 여기에서 여세요."
    ),
    "This is the recipe of single images. Drop it on the Studio, or open its link there.": (
        "낱장 이미지의 레시피입니다. 스튜디오에 놓거나 그곳에서 링크를 여세요."
    ),
    "This link is damaged: a part of it is missing. Copy the whole link again.": (
        "링크의 일부가 빠져 있습니다. 링크 전체를 다시 복사하세요."
    ),
    "The file is larger than {} MB.": "파일이 {} MB보다 큽니다.",
    "This is not a PNG file. Recipes travel in the PNG files that this page saves.": (
        "PNG 파일이 아닙니다. 레시피는 이 페이지에서 저장한 PNG 파일에 들어 있습니다."
    ),
    "The PNG file is damaged. Save it again.": "PNG 파일이 손상되었습니다. 다시 저장하세요.",
    "The text in this PNG file is damaged.": "이 PNG 파일의 텍스트가 손상되었습니다.",
    "The text in this PNG file is too long to be a recipe.": "이 PNG 파일의 텍스트는 레시피라기에는 너무 깁니다.",
}
