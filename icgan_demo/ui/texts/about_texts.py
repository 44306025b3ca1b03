"""Texts of the About page."""

ENGLISH = {
    "how_title": "How it works",
    "how_photo": "your photo",
    "how_encoder": "encoder",
    "how_encoder_note": "trained first, then frozen",
    "how_feature": "instance h",
    "how_feature_note": "one point on a sphere",
    "how_noise": "noise z",
    "how_noise_note": "the seed",
    "how_class": "class y",
    "how_class_note": "optional",
    "how_generator": "generator",
    "how_pictures": "new neighbours",
    "how_alt": "A photo becomes a point on a sphere; the generator turns the point, noise and an optional class into"
    " new pictures.",
    "how_text": "An encoder turns your photo into one point on a sphere, near the points of photos that look alike. "
    "The generator was trained to draw, for every point, what the real photos around it look like: not a copy of your "
    "photo but its plausible neighbours. The noise decides what the point leaves open, and a class label can pull the "
    "picture elsewhere while it keeps the mood of your photo. The method is Instance-Conditioned GAN (Casanova, "
    "Careil, Verbeek, Drozdzal and Romero Soriano, 2021), written for this project.",
    "model_title": "The model",
    "models_title": "All models",
    "settings_title": "Settings of the training",
    "figures_title": "Measured figures",
    "figures_none": "No figures have been measured for this model yet.",
    "figures_read": "Measured on pictures that were generated at truncation 1. The thin line marks real photos, "
    "measured "
    "in the same way: nearer to the line is better.",
    "figures_all": "All figures",
    "figure_unlabelled": "without a label",
    "figure_labelled": "with its label",
    "figure_photos": "real photos",
    "figure_fid": "FID",
    "figure_fid_meaning": "The usual distance between all generated pictures and all photos, in Inception features. "
    "Lower is better. It grows with few pictures, so compare it only where the numbers of pictures are the same.",
    "figure_frechet": "Fréchet distance",
    "figure_frechet_meaning": "The distance between all generated pictures and all photos, in features of a network "
    "that saw only photos like these. Lower is better. It says nothing about one single picture.",
    "figure_precision": "Precision",
    "figure_precision_meaning": "The share of generated pictures that lie among the photos: are they plausible?",
    "figure_recall": "Recall",
    "figure_recall_meaning": "The share of photos that lie among the generated pictures: is nothing left out?",
    "figure_coverage": "Coverage",
    "figure_coverage_meaning": "The share of photos with a generated picture nearby.",
    "figure_accuracy": "Right class",
    "figure_accuracy_meaning": "How often a classifier of photos names the class that was meant.",
    "figure_cosine": "Near the instance",
    "figure_cosine_meaning": "The mean cosine between an instance and its pictures, beside its nearest real photos. "
    "Above the line it copies, below it wanders.",
    "figure_spread": "Variety within an instance",
    "figure_spread_meaning": "How far apart the pictures of one instance are, beside its nearest real photos.",
    "data": "Data",
    "licence": "Licence",
    "resolution": "Resolution",
    "pixels": "{side} × {side} pixels",
    "classes": "Classes",
    "size": "Size",
    "encoder": "Encoder",
    "state": "State",
    "state_ready": "ready",
    "state_loading": "loading",
    "state_available": "on disk",
    "state_downloadable": "can be downloaded",
    "state_unavailable": "unusable",
    "privacy_title": "Your pictures",
    "privacy": "Photos stay on the machine that runs this page and are deleted after an hour; "
    "numbers that draw the same pictures again, after a break, stay for a day. A drawn picture keeps "
    "the gist of its instance, so it is not anonymous. Every picture carries its recipe: model, seed and settings.",
}

KOREAN = {
    "how_title": "작동 방식",
    "how_photo": "내 사진",
    "how_encoder": "인코더",
    "how_encoder_note": "먼저 학습한 뒤 고정",
    "how_feature": "기준 h",
    "how_feature_note": "구면 위의 한 점",
    "how_noise": "잡음 z",
    "how_noise_note": "시드",
    "how_class": "분류 y",
    "how_class_note": "선택 사항",
    "how_generator": "생성기",
    "how_pictures": "새로운 이웃",
    "how_alt": "사진이 구면 위의 한 점이 되고, 생성기가 그 점과 잡음, 선택한 분류로 새 그림을 그립니다.",
    "how_text": "인코더는 사진을 구면 위의 한 점으로 바꿉니다. 비슷하게 생긴 사진들은 가까이 놓입니다. "
    "생성기는 각 점 주변의 실제 사진들이 어떤 모습인지 그리도록 학습했습니다. 그래서 사진의 복사본이 아니라 "
    "있을 법한 이웃을 그립니다. 점이 정하지 않은 것은 잡음이 정하고, 분류를 고르면 사진의 분위기를 지키면서 "
    "다른 대상으로 옮겨 갑니다. 방법은 Instance-Conditioned GAN(Casanova, Careil, Verbeek, Drozdzal, "
    "Romero Soriano, 2021)이며, 이 프로젝트에서 새로 작성했습니다.",
    "model_title": "모델",
    "models_title": "모든 모델",
    "settings_title": "학습 설정",
    "figures_title": "측정값",
    "figures_none": "이 모델은 아직 측정값이 없습니다.",
    "figures_read": "절단값 1로 생성한 그림을 쟀습니다. 가는 선은 같은 방법으로 잰 실제 사진입니다. 선에 가까울수록 "
    "좋습니다.",
    "figures_all": "모든 측정값",
    "figure_unlabelled": "라벨 없이",
    "figure_labelled": "라벨과 함께",
    "figure_photos": "실제 사진",
    "figure_fid": "FID (프레셰 인셉션 거리)",
    "figure_fid_meaning": "생성된 그림 전체와 사진 전체 사이의 거리를 인셉션 특징으로 잰 널리 쓰이는 값입니다. "
    "낮을수록 좋습니다. "
    "그림이 적으면 커지므로 그림 수가 같을 때만 비교하세요.",
    "figure_frechet": "프레셰 거리",
    "figure_frechet_meaning": "생성된 그림 전체와 사진 전체 사이의 거리를 이런 사진만 본 신경망의 특징으로 잰 "
    "값입니다. "
    "낮을수록 좋습니다. 그림 한 장에 대해서는 말해 주지 않습니다.",
    "figure_precision": "정밀도",
    "figure_precision_meaning": "생성된 그림 가운데 사진들 사이에 놓인 비율입니다. 그럴듯한가?",
    "figure_recall": "재현율",
    "figure_recall_meaning": "사진 가운데 생성된 그림들 사이에 놓인 비율입니다. 빠뜨린 것은 없는가?",
    "figure_coverage": "포괄도",
    "figure_coverage_meaning": "가까이에 생성된 그림이 있는 사진의 비율입니다.",
    "figure_accuracy": "맞은 클래스",
    "figure_accuracy_meaning": "사진 분류기가 의도한 클래스를 알아본 비율입니다.",
    "figure_cosine": "인스턴스와의 가까움",
    "figure_cosine_meaning": "인스턴스와 그 그림들 사이의 평균 코사인을 가장 가까운 실제 사진의 값과 견줍니다. "
    "선보다 높으면 베끼는 "
    "것이고, 낮으면 벗어나는 것입니다.",
    "figure_spread": "한 인스턴스 안의 다양성",
    "figure_spread_meaning": "한 인스턴스의 그림들이 서로 얼마나 다른지를 가장 가까운 실제 사진들과 견줍니다.",
    "data": "데이터",
    "licence": "이용 허락",
    "resolution": "해상도",
    "pixels": "{side} × {side} 픽셀",
    "classes": "분류",
    "size": "크기",
    "encoder": "인코더",
    "state": "상태",
    "state_ready": "준비됨",
    "state_loading": "불러오는 중",
    "state_available": "디스크에 있음",
    "state_downloadable": "내려받을 수 있음",
    "state_unavailable": "쓸 수 없음",
    "privacy_title": "내 사진은",
    "privacy": "사진은 이 페이지를 돌리는 컴퓨터에만 머물고 한 시간 뒤에 지워지며, "
    "쉬었다 돌아와도 같은 그림을 다시 그릴 수 있게 하는 숫자만 하루 남습니다. 그려진 그림에는 "
    "기준 사진의 느낌이 남으므로 익명이 아닙니다. 모든 그림에는 모델, 시드, 설정을 담은 제조법이 들어 있습니다.",
}
